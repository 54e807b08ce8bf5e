//! The admin interface over HTTP: phones, their use, groups, faults and counters, described by OpenAPI.
//!
//! A new route goes into `documented` and, with everything that can be wrong with it, into the table of `tests/admin.rs`.

mod faults;
mod groups;
mod phones;
mod problem;
mod request;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::problem::Problem;
use crate::hub::Hub;
use crate::stats::Stats;

type Hubs = State<Arc<Hub>>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "wanet admin",
        description = "Phones, groups, faults and counters of a simulated WhatsApp network. Whatever is wrong with a request is \
                       answered with a problem (`application/problem+json`) whose `detail` names the field; so are paths that \
                       are not there (404) and methods that a path does not have (405). A body has 64 MiB at most."
    ),
    components(schemas(Problem))
)]
struct Doc;

fn documented() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::with_openapi(Doc::openapi())
        .routes(routes!(phones::add_phone, phones::list_phones))
        .routes(routes!(phones::get_phone))
        .routes(routes!(phones::scan))
        .routes(routes!(phones::scan_by_name))
        .routes(routes!(phones::send, phones::messages))
        .routes(routes!(phones::medium))
        .routes(routes!(phones::read))
        .routes(routes!(phones::typing))
        .routes(routes!(phones::presence))
        .routes(routes!(phones::block))
        .routes(routes!(phones::picture))
        .routes(routes!(phones::happenings))
        .routes(routes!(phones::devices))
        .routes(routes!(phones::unlink))
        .routes(routes!(groups::create_group))
        .routes(routes!(groups::change_group))
        .routes(routes!(faults::set_fault, faults::list_faults, faults::clear_faults))
        .routes(routes!(faults::clear_fault))
        .routes(routes!(stats))
}

/// The OpenAPI description of the admin interface.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = documented().into_openapi();
    problem::describe(&mut api);
    api
}

/// All routes under `/admin`.
pub(crate) fn routes() -> axum::Router<Arc<Hub>> {
    let (router, mut api) = documented().split_for_parts();
    problem::describe(&mut api);
    router
        .route(
            "/admin/openapi.json",
            axum::routing::get(move || async move { Json(api) }),
        )
        .method_not_allowed_fallback(problem::no_such_method)
}

pub(crate) use self::problem::no_such_path;

/// What was counted.
#[utoipa::path(get, path = "/admin/stats", responses((status = 200, body = Stats)))]
async fn stats(State(hub): Hubs) -> Json<Stats> {
    Json(hub.stats())
}
