//! Captures: frames in files that tcpdump and wireshark open.

mod pcapng;

pub use pcapng::CaptureWriter;
