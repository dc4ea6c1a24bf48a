//! SDK only: env for an application that brings its own SDK.

use super::{Delivery, Language, Recipe};

/// SDK only.
pub(super) static SDK: Language = Language {
    id: "sdk",
    switch: "inject-sdk",
    containers: &["sdk-container-names"],
    settings: None,
    options: &[],
    recipe: Recipe { delivery: Delivery::None, early_env: &[], env: &[], reserved: &[], protocols: &[] },
};
