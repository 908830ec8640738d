//! An axum route called in process, as it is and behind the guard: what the layer adds, without a socket's noise.

use std::hint::black_box;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use counterfoil_bench::{Outcome, Scene, World};
use counterfoil_guard::{Guard, Origins};
use criterion::{BatchSize, Criterion};
use tokio::runtime::{Builder, Runtime};
use tower::Service as _;

const LOGINS: usize = 1024;

fn main() -> Outcome<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut criterion = Criterion::default().configure_from_args();
    let world = runtime.block_on(World::open(Scene::default()))?;
    let guard = Guard::new(world.system.verifier.clone(), Origins::Host).required();
    let plain = Router::new().route("/hello", get(hello));
    // A layer that does nothing: what axum itself takes for one more layer.
    let idle = plain.clone().route_layer(tower::layer::layer_fn(|inner| inner));
    for (client, header, before) in
        [("web", "cookie", "session_id="), ("device", "authorization", "Bearer "), ("api", "authorization", "Bearer ")]
    {
        let credentials = runtime.block_on(world.credentials(client, LOGINS))?;
        for credential in &credentials {
            runtime.block_on(world.system.verifier.verify(credential))?;
        }
        let requests: Vec<String> = credentials.iter().map(|credential| format!("{before}{credential}")).collect();
        let mut group = criterion.benchmark_group(format!("guard, {client}"));
        let mut routes = [
            ("no layer", plain.clone()),
            ("a layer that does nothing", idle.clone()),
            ("the guard", plain.clone().route_layer(guard.clone())),
        ];
        for (name, route) in &mut routes {
            group.bench_function(*name, |b| call(b, &runtime, route, header, &requests));
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

async fn hello() -> &'static str {
    "Hello."
}

fn call(
    bencher: &mut criterion::Bencher<'_>,
    runtime: &Runtime,
    route: &mut Router,
    header: &str,
    requests: &[String],
) {
    let _entered = runtime.enter();
    let mut at = 0;
    bencher.iter_batched(
        || {
            at = (at + 1) % requests.len();
            Request::get("/hello").header("host", "127.0.0.1").header(header, &requests[at]).body(Body::empty())
        },
        |request| {
            let Ok(request) = request else { return };
            let response = futures_util::FutureExt::now_or_never(route.call(request));
            assert!(
                black_box(response).is_some_and(|response| response.is_ok_and(|response| response.status() == 200))
            );
        },
        BatchSize::SmallInput,
    );
}
