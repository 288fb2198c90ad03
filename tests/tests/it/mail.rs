//! Mail through a real SMTP conversation, with a sink that can refuse.

use std::time::Duration;

use freehold_testkit::Fleet;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How long a mail may take to arrive.
const MAIL_SECONDS_MAX: u64 = 30;

/// Takes one mail as RFC 5321 has it; `None` when the sink refuses it.
async fn converse(stream: TcpStream, refuse: bool) -> Option<String> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 sink\r\n").await.ok()?;
    let mut data = None;
    while let Some(line) = lines.next_line().await.ok()? {
        let answer = match line.split_whitespace().next().unwrap_or_default() {
            "EHLO" | "HELO" => "250 sink\r\n",
            "MAIL" if refuse => "451 not now\r\n",
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await.ok()? {
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                data = Some(text);
                "250 taken\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.ok()?;
                return data;
            }
            _ => "250 ok\r\n",
        };
        writer.write_all(answer.as_bytes()).await.ok()?;
    }
    data
}

/// A sink that refuses the first conversation and takes the later ones.
async fn sink() -> (String, mpsc::UnboundedReceiver<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            if sender.send(converse(stream, number == 0).await).is_err() {
                return;
            }
        }
    });
    (format!("smtp://{address}"), received)
}

#[tokio::test]
async fn mail_is_sent_and_a_refused_one_is_sent_again_later() {
    let (url, mut received) = sink().await;
    let fleet = Fleet::with(&[
        ("limits.enabled", "false"),
        ("mail.sender", "smtp"),
        ("mail.smtp_url", &url),
        ("mail.from", "Freehold <no-reply@example.org>"),
    ])
    .await;
    fleet.sign_up("acme").await;
    let wait = Duration::from_secs(MAIL_SECONDS_MAX);
    let refused = tokio::time::timeout(wait, received.recv()).await.expect("a conversation");
    assert_eq!(refused, Some(None), "the sink refused the first");
    let again = async {
        loop {
            // Each step on the clock makes the next attempt due, once the first is noted.
            fleet.clock().advance_seconds(60);
            let pause = Duration::from_millis(250);
            if let Ok(Some(Some(mail))) = tokio::time::timeout(pause, received.recv()).await {
                return mail;
            }
        }
    };
    let mail = tokio::time::timeout(wait, again).await.expect("the mail arrives");
    for part in ["To: acme@example.org", "no-reply@example.org", "Subject: Confirm", "fhm_"] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}
