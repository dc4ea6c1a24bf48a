//! A server of HTTP/1.1 that keeps the requests it gets, and what there is in a request of OTLP.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long a client may be silent within a request.
const PATIENCE: Duration = Duration::from_secs(90);

/// A request of HTTP.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Whether this is traces by OTLP.
    pub(crate) fn has_traces(&self) -> bool {
        let kind = self.headers.get("content-type").map(String::as_str);
        self.method == "POST" && self.path == "/v1/traces" && kind == Some("application/x-protobuf")
    }
}

/// Listens at an address, and answers everything with success: the port, and the requests.
pub(crate) fn listen(address: &str) -> (u16, Receiver<Request>) {
    let listener = TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    let port = listener.local_addr().expect("an address").port();
    let (sender, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || {
                if let Some((request, mut stream)) = request(stream) {
                    let _ = sender.send(request);
                    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n\
                                  Content-Length: 0\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    (port, requests)
}

/// Reads a request; none where it is something else.
fn request(stream: TcpStream) -> Option<(Request, TcpStream)> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, path) = line.strip_suffix(" HTTP/1.1\r\n")?.split_once(' ')?;
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let length = u64::from_str_radix(line.trim_end(), 16).ok()?;
            reader.by_ref().take(length).read_to_end(&mut body).ok()?;
            line.clear();
            reader.read_line(&mut line).ok()?;
            if length == 0 {
                break;
            }
        }
    } else if let Some(length) = headers.get("content-length") {
        reader.by_ref().take(length.parse().ok()?).read_to_end(&mut body).ok()?;
    }
    Some((Request { method, path, headers, body }, reader.into_inner()))
}

/// A span, and the resource that it is of.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: String,
    /// In hex.
    pub(crate) trace: String,
    /// The resource's attributes that are texts.
    pub(crate) resource: BTreeMap<String, String>,
}

impl Span {
    /// An attribute of its resource; empty if there is none.
    pub(crate) fn of(&self, attribute: &str) -> &str {
        self.resource.get(attribute).map_or("", String::as_str)
    }
}

/// The spans of an `ExportTraceServiceRequest`.
pub(crate) fn spans(request: &[u8]) -> Vec<Span> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let first = |message, path: &[u64]| at(message, path).first().map(|bytes| text(bytes));
    let mut found = Vec::new();
    // resource_spans, each with its resource's attributes and its scope_spans' spans.
    for group in at(request, &[1]) {
        let pairs = at(group, &[1, 1]).into_iter();
        let resource: BTreeMap<String, String> =
            pairs.filter_map(|pair| Some((first(pair, &[1])?, first(pair, &[2, 1])?))).collect();
        found.extend(at(group, &[2, 2]).into_iter().map(|span| Span {
            name: first(span, &[5]).unwrap_or_default(),
            trace: at(span, &[1]).concat().iter().map(|byte| format!("{byte:02x}")).collect(),
            resource: resource.clone(),
        }));
    }
    found
}

/// What the fields `path` lead to in a protobuf message.
fn at<'m>(message: &'m [u8], path: &[u64]) -> Vec<&'m [u8]> {
    let Some((first, rest)) = path.split_first() else { return vec![message] };
    let inside = parts(message).into_iter().filter(|(field, _)| field == first);
    inside.flat_map(|(_, part)| at(part, rest)).collect()
}

/// The parts of a protobuf message that have a length, by the field's number.
fn parts(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(message: &mut &[u8]) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = message.split_first()?;
            *message = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
    let mut found = Vec::new();
    while let Some(key) = varint(&mut message) {
        let length = match key & 7 {
            0 => varint(&mut message).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut message),
            5 => Some(4),
            other => panic!("wire type {other}"),
        };
        let (part, rest) = message.split_at(usize::try_from(length.expect("a length")).expect("a length"));
        message = rest;
        if key & 7 == 2 {
            found.push((key >> 3, part));
        }
    }
    found
}
