//! A DNS server on loopback whose records a test sets, changes and takes away.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{CNAME, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// The longest question.
const QUESTION_BYTES_MAX: usize = 4_096;

/// What the server does with questions for a name.
#[derive(Debug, Clone)]
enum Behaviour {
    Records(Vec<RData>),
    Fail(ResponseCode),
    Silence,
}

type Zone = Arc<Mutex<HashMap<Name, Behaviour>>>;

/// A running server; every name that was not set does not exist.
#[derive(Debug)]
pub(crate) struct NameServer {
    address: SocketAddr,
    zone: Zone,
    task: AbortHandle,
}

fn fqdn(name: &str) -> Name {
    Name::from_ascii(format!("{name}.")).expect("a name")
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let (address, zone) = (socket.local_addr().expect("an address"), Zone::default());
        let task = tokio::spawn(answer_all(socket, zone.clone())).abort_handle();
        Self { address, zone, task }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    fn put(&self, name: &str, behaviour: Behaviour) {
        self.zone.lock().expect("the zone").insert(fqdn(name), behaviour);
    }

    pub(crate) fn cname(&self, name: &str, target: &str) {
        self.put(name, Behaviour::Records(vec![RData::CNAME(CNAME(fqdn(target)))]));
    }

    pub(crate) fn txt(&self, name: &str, values: &[&str]) {
        let record = |value: &&str| {
            // Long values are sent in parts, which belong together.
            let parts = value.as_bytes().chunks(20).map(|part| part.escape_ascii().to_string());
            RData::TXT(TXT::new(parts.collect()))
        };
        self.put(name, Behaviour::Records(values.iter().map(record).collect()));
    }

    pub(crate) fn fail(&self, name: &str, code: ResponseCode) {
        self.put(name, Behaviour::Fail(code));
    }

    pub(crate) fn silence(&self, name: &str) {
        self.put(name, Behaviour::Silence);
    }

    pub(crate) fn remove(&self, name: &str) {
        self.zone.lock().expect("the zone").remove(&fqdn(name));
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer_all(socket: UdpSocket, zone: Zone) {
    let mut buffer = vec![0; QUESTION_BYTES_MAX];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { return };
        let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
        if let Some(answer) = answer(&question, &zone) {
            let _ = socket.send_to(&answer.to_vec().expect("an answer"), from).await;
        }
    }
}

fn answer(question: &Message, zone: &Zone) -> Option<Message> {
    let query = question.queries.first()?;
    let mut answer = Message::response(question.metadata.id, OpCode::Query);
    answer.metadata.recursion_desired = true;
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    match zone.lock().expect("the zone").get(query.name()) {
        None => answer.metadata.response_code = ResponseCode::NXDomain,
        Some(Behaviour::Silence) => return None,
        Some(Behaviour::Fail(code)) => answer.metadata.response_code = *code,
        Some(Behaviour::Records(records)) => {
            let own = records.iter().filter(|data| data.record_type() == query.query_type());
            let record = |data: &RData| Record::from_rdata(query.name().clone(), 60, data.clone());
            answer.add_answers(own.map(record).collect::<Vec<_>>());
        }
    }
    Some(answer)
}
