//! The device itself: its keys, who it is, how it logs in.

use async_trait::async_trait;
use wacore::store::Device;
use wacore::store::error::{Result, StoreError};
use wacore::store::traits::DeviceStore;

use super::{RecordBackend, kind};

#[async_trait]
impl DeviceStore for RecordBackend {
    async fn save(&self, device: &Device) -> Result<()> {
        let value = serde_json::to_vec(device).map_err(|error| StoreError::Serialization(Box::new(error)))?;
        self.put(kind::DEVICE, Vec::new(), value).await
    }

    async fn load(&self) -> Result<Option<Device>> {
        match self.get(kind::DEVICE, Vec::new()).await? {
            None => Ok(None),
            Some(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| StoreError::Serialization(Box::new(error))),
        }
    }

    async fn exists(&self) -> Result<bool> {
        Ok(self.get(kind::DEVICE, Vec::new()).await?.is_some())
    }

    /// The number it returns is used by nobody: these records are of one account.
    async fn create(&self) -> Result<i32> {
        let _changing = self.changing.lock().await;
        if !self.exists().await? {
            self.save(&Device::new()).await?;
        }
        Ok(1)
    }
}
