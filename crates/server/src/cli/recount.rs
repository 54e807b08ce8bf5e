//! `pesan recount`

use pesan_app::{jobs, statistics};

use super::{Common, print};
use crate::run::{Opened, StartError};

pub(super) async fn run(common: Common) -> Result<(), StartError> {
    let config = common.load()?;
    let opened = Opened::existing(&config).await?;
    statistics::begin_anew(&opened.app).await?;
    let counted = jobs::count_backlog::count_all(&opened.app).await?;
    opened.app.store.close().await;
    print(&format!("Counted {counted} messages and contacts.\n"))
}
