//! Takes connections and serves them until the process ends.
//!
//! By hand rather than with `axum::serve`, which waits for ever for the head of a request.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// The head of a request arrives within this time, or its connection is closed. One that is kept open between two
/// requests may be silent as long.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `end` completes, and then what was begun.
pub async fn serve(
    mut listener: TcpListener,
    routes: Router,
    head_timeout: Duration,
    end: impl Future<Output = ()> + Send,
) {
    let (ending, _) = tokio::sync::watch::channel(false);
    let mut connections = JoinSet::new();
    let mut end = pin!(end);
    loop {
        tokio::select! {
            // A failure, such as too many open files, is waited out in there.
            (stream, peer) = Listener::accept(&mut listener) => {
                let mut ended = ending.subscribe();
                // It fails when nobody can say it any more, which is the end as well.
                let ended = async move { drop(ended.wait_for(|is_ending| *is_ending).await) };
                connections.spawn(connection((stream, peer), routes.clone(), head_timeout, ended));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = &mut end => break,
        }
    }
    drop(listener);
    ending.send_replace(true);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    routes: Router,
    head_timeout: Duration,
    end: impl Future<Output = ()>,
) {
    // Small answers must not wait for more. Where it fails they wait a little.
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.clone().oneshot(request.map(Body::new))
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_timeout);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = end => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        // The other side went away, or sent no HTTP.
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);
    const DEADLINE: Duration = Duration::from_secs(20);

    async fn everything(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        tokio::time::timeout(DEADLINE, stream.read_to_string(&mut text))
            .await
            .expect("the connection is closed in time")
            .expect("text");
        text
    }

    #[tokio::test]
    async fn a_head_that_never_ends_closes_its_connection_and_whole_ones_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let whose = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let routes = Router::new().route("/", axum::routing::get(whose));
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = serve(listener, routes, SHORT, async move { drop(ended.await) });
        let asking = async {
            for half in ["", "GET / HTTP/1.1\r\nhost: x\r\n", "GE"] {
                let mut stream = TcpStream::connect(address).await.expect("open");
                stream.write_all(half.as_bytes()).await.expect("written");
                let answer = everything(&mut stream).await;
                assert!(!answer.contains("200"), "{half}: {answer}");
            }
            let mut stream = TcpStream::connect(address).await.expect("open");
            let own = stream.local_addr().expect("open").to_string();
            let ask = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            stream.write_all(ask).await.expect("written");
            let answer = everything(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
            end.send(()).expect("it serves");
        };
        tokio::join!(serving, asking);
    }
}
