//! From the files of a host to what it is configured with.
//!
//! Texts in, values out. [`shell`](self) reads rc.conf; `boot` works out what the boot scripts make of it.

mod boot;
mod devd;
mod host;
mod layers;
mod live;
mod loader;
mod output;
mod pf;
mod script;
mod shell;
mod statement;
mod sysctl;
mod text;
mod word;

pub use boot::{Boot, BootCommand, End, Loss, LossReason, ROOT_FOLDER, Surroundings, boot};
pub use devd::{DevdMatch, DevdNotify, devd_conf};
pub use host::{
    FileKind, HostReading, HostScript, HostStatement, HostText, Rejected, RejectedReason,
    ReleaseSource, file_kind, interface_variable, is_carp_interface, read_host,
};
pub use layers::rc_conf_order;
pub use live::{ShownKeys, carrier_of, live_config, shown_vips};
pub use loader::{LoaderAction, LoaderLine, loader_conf};
pub use output::{
    ShownAddress, ShownInterface, ShownMode, ShownState, ShownSysctl, ShownVhid, ifconfig_output,
    sysctl_output,
};
pub use pf::{PfAction, PfConf, PfDirection, PfName, PfRoute, PfRule, PfStatement, pf_conf};
pub use script::{Script, ScriptCommand, script};
pub use shell::{
    Assignment, Binding, BrokenKind, NotUnderstood, NotUnderstoodKind, Reference, Stop, Value,
    Variables,
};
pub use statement::{
    Address, FamilyWord, Item, Keyword, Mask, Parameter, ParameterValue, Statement,
};
pub use sysctl::{SysctlLine, sysctl_conf};
pub use text::Text;
pub use word::Word;
