//! The promises of every store, kept by this one.

use xtask::services::fresh;

use super::stores;

counterfoil_core::conformance!(redis, {
    let space = fresh::redis().unwrap();
    (stores(&space.url()).await, space)
});

counterfoil_core::conformance!(redis_cluster, {
    let space = fresh::redis_cluster().unwrap();
    (stores(&space.url()).await, space)
});
