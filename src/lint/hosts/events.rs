//! What devd(8) of a host runs.

use super::{LintHost, is_pf_conf};
use crate::dialect::parse::{DevdNotify, FileKind, Text, devd_conf, file_kind};
use crate::model::FileId;

impl LintHost<'_> {
    /// The `notify` blocks of devd.conf and its companions.
    #[must_use]
    pub fn notifications(&self) -> Vec<DevdNotify> {
        let files = (0_u16..).zip(&self.files);
        files
            .filter(|(_, file)| {
                file_kind(file.path) == Some(FileKind::Companion) && !is_pf_conf(file.path)
            })
            .flat_map(|(file, text)| devd_conf(&Text::new(FileId(file), text.text)))
            .collect()
    }
}
