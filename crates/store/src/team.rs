//! Teams, and who is in them.

use std::collections::HashMap;

use pesan_model::inbox::Team;
use pesan_model::{OrganizationId, TeamId, Timestamp, UserId};

use crate::{Error, Tx, args, dialect, rows};

rows! {
    /// A stored team.
    struct TeamRow {
        id: TeamId,
        name: String,
        created_at: Timestamp,
    }
}

impl TeamRow {
    fn into_team(self, member_ids: Vec<UserId>) -> Team {
        Team {
            id: self.id,
            name: self.name,
            member_ids,
            created_at: self.created_at,
        }
    }
}

/// Adds a team with its members. [`Error::Conflict`] when there is one of this name.
pub async fn insert(tx: &mut Tx<'_>, organization_id: OrganizationId, team: &Team) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO team (id, organization_id, name, folded, created_at) VALUES ($1, $2, $3, $4, $5)",
        args![
            team.id,
            organization_id,
            &team.name,
            team.name.to_lowercase(),
            team.created_at
        ],
    )
    .await?;
    add_members(tx, team).await
}

async fn add_members(tx: &mut Tx<'_>, team: &Team) -> Result<(), Error> {
    for member in &team.member_ids {
        tx.execute(
            "INSERT INTO team_member (team_id, user_id) VALUES ($1, $2)",
            args![team.id, *member],
        )
        .await?;
    }
    Ok(())
}

/// Whether there is such a team. If so, nobody deletes it until the transaction ends.
pub async fn is_there(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TeamId) -> Result<bool, Error> {
    let sql = format!(
        "SELECT id FROM team WHERE organization_id = $1 AND id = $2{}",
        dialect::for_share(tx)
    );
    let found: Option<(TeamId,)> = tx.fetch_optional(&sql, args![organization_id, id]).await?;
    Ok(found.is_some())
}

/// The team.
pub async fn get(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TeamId) -> Result<Team, Error> {
    let sql = format!(
        "SELECT {} FROM team WHERE organization_id = $1 AND id = $2",
        TeamRow::COLUMNS
    );
    let row: TeamRow = tx.fetch_one("team", &sql, args![organization_id, id]).await?;
    let members: Vec<(UserId,)> = tx
        .fetch_all(
            "SELECT user_id FROM team_member WHERE team_id = $1 ORDER BY user_id",
            args![id],
        )
        .await?;
    Ok(row.into_team(members.into_iter().map(|(user,)| user).collect()))
}

/// As [`get`], and nobody else changes it until the transaction ends.
pub async fn get_for_change(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TeamId) -> Result<Team, Error> {
    let sql = format!(
        "SELECT id FROM team WHERE organization_id = $1 AND id = $2{}",
        dialect::for_update(tx)
    );
    let _: (TeamId,) = tx.fetch_one("team", &sql, args![organization_id, id]).await?;
    get(tx, organization_id, id).await
}

/// All teams, by name.
pub async fn list(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<Vec<Team>, Error> {
    let sql = format!(
        "SELECT {} FROM team WHERE organization_id = $1 ORDER BY folded",
        TeamRow::COLUMNS
    );
    let rows: Vec<TeamRow> = tx.fetch_all(&sql, args![organization_id]).await?;
    let mut members: HashMap<TeamId, Vec<UserId>> = HashMap::new();
    let found: Vec<(TeamId, UserId)> = tx
        .fetch_all(
            "SELECT m.team_id, m.user_id FROM team_member m JOIN team t ON t.id = m.team_id \
             WHERE t.organization_id = $1 ORDER BY m.team_id, m.user_id",
            args![organization_id],
        )
        .await?;
    for (team, user) in found {
        members.entry(team).or_default().push(user);
    }
    let team = |row: TeamRow| {
        let members = members.remove(&row.id).unwrap_or_default();
        row.into_team(members)
    };
    Ok(rows.into_iter().map(team).collect())
}

/// How many teams there are.
pub async fn count(tx: &mut Tx<'_>, organization_id: OrganizationId) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) FROM team WHERE organization_id = $1";
    let (count,): (u64,) = tx.fetch_one("team", sql, args![organization_id]).await?;
    Ok(count)
}

/// Changes name and members. [`Error::Conflict`] when there is another one of this name.
pub async fn update(tx: &mut Tx<'_>, organization_id: OrganizationId, team: &Team) -> Result<(), Error> {
    tx.execute(
        "UPDATE team SET name = $1, folded = $2 WHERE organization_id = $3 AND id = $4",
        args![&team.name, team.name.to_lowercase(), organization_id, team.id],
    )
    .await?;
    tx.execute("DELETE FROM team_member WHERE team_id = $1", args![team.id])
        .await?;
    add_members(tx, team).await
}

/// Deletes a team; its chats belong to none.
pub async fn delete(tx: &mut Tx<'_>, organization_id: OrganizationId, id: TeamId) -> Result<(), Error> {
    let deleted = tx
        .execute(
            "DELETE FROM team WHERE organization_id = $1 AND id = $2",
            args![organization_id, id],
        )
        .await?;
    if deleted == 0 {
        return Err(Error::NotFound { what: "team" });
    }
    Ok(())
}
