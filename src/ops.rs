//! One function a verb: what `titer VERB` means, without a terminal.
