//! What jobs do. Each variant holds ids, never rows, and is safe to run twice.

use apalis::prelude::{BoxDynError, Data};
use freehold_db::{DbError, Delete, Filter};
use freehold_ids::{DomainId, MailId, OperationId, TenantId, UpgradeId};
use serde::{Deserialize, Serialize};

use crate::domains::{self, Domains};
use crate::mail::{self, MailSender};
use crate::operations;
use crate::sites::{self, Sites};
use crate::upgrades;
use crate::usage;

/// An operation that this process does not run was given up for want of the database, or of
/// somebody who wants it done; a new one gets so long to start.
const OPERATION_FORGOTTEN_SECONDS_MAX: u64 = 10;
/// Work that is still due after so long is enqueued again; longer than any job may take.
const REENQUEUE_SECONDS: u64 = 180;
/// How long a sent mail's envelope is kept.
const MAILS_KEPT_SECONDS: u64 = 7 * 24 * 3_600;
/// How long an operation that is over is kept.
const OPERATIONS_KEPT_SECONDS: u64 = 90 * 24 * 3_600;
/// Operations and sites taken up in one round.
const ROWS_PER_ROUND_MAX: u64 = 50;
/// Domains taken up in one round: few, since name servers that do not answer take seconds each.
const DOMAINS_PER_ROUND_MAX: u64 = 8;

/// One piece of background work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Runs an operation whose owner died.
    RunOperation(OperationId),
    /// Sends a mail.
    SendMail(MailId),
    /// Erases a site that was deleted long enough ago.
    EraseSite(TenantId),
    /// Looks at a domain's records.
    CheckDomain(DomainId),
    /// Ends a former address of a site.
    ExpireSlug(TenantId, String),
    /// Goes on with an upgrade of the fleet.
    Upgrade(UpgradeId),
    /// Does what is due about a site's keys.
    KeepKeys(TenantId),
}

/// What is due now, each with the key under which it is enqueued once.
pub(crate) async fn due(sites: &Sites) -> Result<Vec<(String, Work)>, DbError> {
    let now = sites.clock.now();
    // A job that was lost is enqueued again when no run of it can still be going on.
    let window = now.seconds() / REENQUEUE_SECONDS;
    let mut due = Vec::new();
    let forgotten = now.minus_seconds(OPERATION_FORGOTTEN_SECONDS_MAX);
    let owner = &sites.operations.owner;
    let orphaned = operations::store::orphaned(&sites.db, owner, forgotten, ROWS_PER_ROUND_MAX);
    for operation in orphaned.await? {
        if sites.operations.is_live(operation.id) {
            continue;
        }
        let key = format!("operation:{}:{}:{owner}:{window}", operation.id, operation.attempts);
        due.push((key, Work::RunOperation(operation.id)));
    }
    for (id, attempts) in mail::due(&sites.db, now).await? {
        due.push((format!("mail:{id}:{attempts}:{window}"), Work::SendMail(id)));
    }
    for site in sites::store::to_erase(&sites.db, now, ROWS_PER_ROUND_MAX).await? {
        due.push((format!("erase:{}:{window}", site.id), Work::EraseSite(site.id)));
    }
    for (site, over) in sites::previous_slugs::over(&sites.db, now, ROWS_PER_ROUND_MAX).await? {
        let key = format!("slug:{}:{}:{window}", over.slug, over.until);
        due.push((key, Work::ExpireSlug(site, over.slug)));
    }
    if let Some(upgrade) = upgrades::running(&sites.db).await? {
        let key = format!("upgrade:{}:{}:{owner}:{window}", upgrade.id, upgrade.round);
        due.push((key, Work::Upgrade(upgrade.id)));
    }
    for (site, at) in sites::keys::due(&sites.db, now, ROWS_PER_ROUND_MAX).await? {
        due.push((format!("keys:{site}:{at}:{window}"), Work::KeepKeys(site)));
    }
    for domain in domains::store::due(&sites.db, now, DOMAINS_PER_ROUND_MAX).await? {
        let key = format!("domain:{}:{}:{window}", domain.id, domain.next_check_at);
        due.push((key, Work::CheckDomain(domain.id)));
    }
    Ok(due)
}

/// Removes rows that nobody needs any more: sent mails, mailed tokens that expired, operations
/// long over, usage of long ago, names that were given up long ago.
pub(crate) async fn forget_old_rows(sites: &Sites) -> Result<(), DbError> {
    let now = sites.clock.now();
    let mails = now.minus_seconds(MAILS_KEPT_SECONDS).0;
    let operations = now.minus_seconds(OPERATIONS_KEPT_SECONDS).0;
    let over = Filter::lt("changed_at", operations).and(Filter::ne("state", "running"));
    let mut writer = sites.db.write().await?;
    writer.delete(&Delete::from("mails", Filter::lt("sent_at", mails))).await?;
    writer.delete(&Delete::from("mail_tokens", Filter::lt("expires_at", now.0))).await?;
    writer.delete(&Delete::from("operations", over)).await?;
    writer.delete(&usage::forget(now)).await?;
    domains::store::forget_released(&mut writer, now).await?;
    writer.commit().await
}

/// Runs one piece of work.
pub(crate) async fn run(
    work: Work,
    domains: Data<Domains>,
    mail: Data<MailSender>,
) -> Result<(), BoxDynError> {
    let sites = &domains.sites;
    match work {
        Work::RunOperation(id) => sites::run(sites, id).await?,
        Work::SendMail(id) => {
            let outbox = (&sites.db, &sites.fleet.master);
            mail::send(outbox, &mail, id, sites.clock.now()).await?;
        }
        Work::EraseSite(id) => sites::erase(sites, id).await?,
        Work::ExpireSlug(site, slug) => sites::expire_previous_slug(sites, site, &slug).await?,
        Work::Upgrade(id) => upgrades::advance(sites, id).await?,
        Work::KeepKeys(id) => sites::keys::keep(sites, id).await?,
        Work::CheckDomain(id) => domains::recheck(&domains, id)
            .await
            .map_err(|error| error.operator_message().unwrap_or(error.message()).to_owned())?,
    }
    Ok(())
}
