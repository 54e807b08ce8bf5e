//! How the process ends: first it finishes what it does, then it drops it.
//!
//! Every task has a name and is spawned here. A task that dies takes the process with it, because a program that looks
//! alive and does half of its work is worse than one that is started again.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The tasks of the process and the two signals that end them.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
}

impl Lifecycle {
    /// Fires when the process should end: take on nothing new, finish what runs.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Fires when there is no more time: drop what runs.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Fires when a task died, so that the process should end with a failure.
    pub fn failed(&self) -> &CancellationToken {
        &self.failed
    }

    /// Runs a task until it ends by itself or the hard signal fires. A panic in it ends the process.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (hard, failed, soft) = (self.hard.clone(), self.failed.clone(), self.soft.clone());
        let inner = self.tasks.spawn(async move { hard.run_until_cancelled(task).await });
        self.tasks.spawn(async move {
            if let Err(error) = inner.await
                && error.is_panic()
            {
                tracing::error!(task = name, "a task died; the process ends");
                failed.cancel();
                soft.cancel();
            }
        });
    }

    /// Fires the soft signal, waits for the tasks at most `patience`, then fires the hard one. Says whether all tasks
    /// had finished by themselves.
    pub async fn shut_down(&self, patience: Duration) -> bool {
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::time::timeout(patience, self.tasks.wait()).await.is_ok();
        self.hard.cancel();
        self.tasks.wait().await;
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_dies_is_noticed() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("dies", async { panic!("on purpose") });
        lifecycle.failed().cancelled().await;
        assert!(lifecycle.soft().is_cancelled());
        assert!(lifecycle.shut_down(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn tasks_may_finish_and_are_dropped_when_they_do_not() {
        let lifecycle = Lifecycle::default();
        let soft = lifecycle.soft().clone();
        lifecycle.spawn("polite", async move { soft.cancelled().await });
        lifecycle.spawn("stubborn", std::future::pending());
        assert!(!lifecycle.shut_down(Duration::from_millis(20)).await);
    }
}
