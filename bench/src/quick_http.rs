//! A client for one HTTP/1.1 connection that costs next to nothing, so that a load test on the same machine measures
//! the server and not its client. It knows what our servers answer: a status and a body with a length, or chunks.

use std::io::{Error, ErrorKind};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// An open connection.
pub struct QuickHttp {
    stream: BufReader<TcpStream>,
    head: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What it says.
    pub body: Vec<u8>,
}

impl QuickHttp {
    /// Connects to `host`, as `127.0.0.1:8080`. Every request carries `token`, where there is one.
    pub async fn connect(host: &str, token: Option<&str>) -> Result<Self, Error> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        Ok(Self {
            stream: BufReader::new(stream),
            head: format!("Host: {host}\r\n{authorization}Content-Type: application/json\r\n"),
        })
    }

    /// Posts JSON and reads the answer.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<Answer, Error> {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\n{}Content-Length: {length}\r\n\r\n{body}",
            self.head
        );
        self.stream.get_mut().write_all(request.as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer, Error> {
        let broken = |what| Error::new(ErrorKind::InvalidData, what);
        let status = self.line().await?;
        let status = status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| broken("no status"))?;
        let (mut length, mut is_chunked) = (0_usize, false);
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken("a bad length"))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        let mut body = Vec::new();
        if is_chunked {
            loop {
                let size = self.line().await?;
                let size = usize::from_str_radix(size.trim(), 16).map_err(|_| broken("a bad chunk"))?;
                self.take(size, &mut body).await?;
                self.line().await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut body).await?;
        }
        Ok(Answer { status, body })
    }

    async fn take(&mut self, length: usize, body: &mut Vec<u8>) -> Result<(), Error> {
        let start = body.len();
        body.resize(start + length, 0);
        self.stream.read_exact(&mut body[start..]).await?;
        Ok(())
    }

    async fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}
