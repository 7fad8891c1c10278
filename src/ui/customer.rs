//! The customer's window.

use super::UiState;
use crate::app::view::{CustomerAction, CustomerView};

/// Draws the customer's window; answers what the customer did, in order.
pub fn customer(_ui: &mut egui::Ui, _view: &CustomerView, _state: &mut UiState) -> Vec<CustomerAction> {
    Vec::new()
}
