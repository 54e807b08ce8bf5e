//! The device itself: its keys, who it is, how it logs in.

use async_trait::async_trait;
use wacore::store::Device;
use wacore::store::error::{Result, StoreError};
use wacore::store::traits::DeviceStore;

use super::{RecordBackend, kind};

impl RecordBackend {
    pub(super) async fn save_device(&self, device: &Device) -> Result<()> {
        let _changing = self.changing.lock().await;
        // The library saves from two tasks, each with what the device was when it began, and the older can come last.
        // Whoever comes, what the device is now is written.
        let latest = self.latest_device();
        let value = serde_json::to_vec(latest.as_ref().unwrap_or(device))
            .map_err(|error| StoreError::Serialization(Box::new(error)))?;
        self.put(kind::DEVICE, Vec::new(), value).await
    }

    /// The device as the library has it now.
    pub(super) fn latest_device(&self) -> Option<Device> {
        let device = self.device.get()?.upgrade()?;
        Some(device.get_device_snapshot().to_serializable())
    }
}

#[async_trait]
impl DeviceStore for RecordBackend {
    async fn save(&self, device: &Device) -> Result<()> {
        self.save_device(device).await
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
        if !self.exists().await? {
            self.save(&Device::new()).await?;
        }
        Ok(1)
    }
}
