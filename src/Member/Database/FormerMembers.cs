using Npgsql;

namespace Krewe.Member;

/// <summary>
/// Members that were at the address and port of the one that starts now, and so are gone. The engine would see to that itself, but
/// for one case: it tells which of two is the older by the second of their start, and a clock that was set back between them makes
/// the new one give way to the one that is gone.
/// </summary>
internal static class FormerMembers
{
    private const string Sql =
        """
        WITH former AS (
            UPDATE krewe.member SET status = $4
            WHERE cluster_id = $1 AND address = $2 AND port = $3 AND status <> $4
            RETURNING 1
        ), raised AS (
            UPDATE krewe.cluster SET version = version + 1, changed_at = now()
            WHERE cluster_id = $1 AND EXISTS (SELECT FROM former)
        )
        SELECT count(*)::integer FROM former
        """;

    /// <summary>Declares them dead; how many there were.</summary>
    public static async Task<int> DeclareDeadAsync(NpgsqlConnection connection, MemberOptions self, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.AddWithValue(self.ClusterId);
        command.Parameters.AddWithValue(self.AdvertisedAddress.ToString());
        command.Parameters.AddWithValue(self.SiloPort);
        command.Parameters.AddWithValue((int)SiloStatus.Dead);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
