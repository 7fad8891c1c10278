//! The adviser's window.

use super::UiState;
use crate::app::view::{AdviserAction, AdviserView};

/// Draws the adviser's window; answers what the adviser did, in order.
pub fn adviser(_ui: &mut egui::Ui, _view: &AdviserView, _state: &mut UiState) -> Vec<AdviserAction> {
    Vec::new()
}
