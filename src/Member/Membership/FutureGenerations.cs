using Krewe.Member.Database;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// Deletes rows at this member's address whose generation is not below its own, after binding the port and before joining. Orleans
/// declares earlier processes at its address dead, but orders them by the second of their start. After a clock was set back, or a restart
/// within a second, it would take this process for the older one and stop it.
/// </summary>
internal sealed partial class FutureGenerations(
    DatabaseConnections database, MemberOptions options, ILocalSiloDetails self, ILogger<FutureGenerations> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private const string Sql =
        """
        WITH gone AS (
            DELETE FROM krewe.member
            WHERE cluster_id = $1 AND address = $2 AND port = $3 AND generation >= $4
            RETURNING 1
        ), raised AS (
            UPDATE krewe.cluster SET version = version + 1, changed_at = now()
            WHERE cluster_id = $1 AND EXISTS (SELECT FROM gone)
        )
        SELECT count(*)::integer FROM gone
        """;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(FutureGenerations), ServiceLifecycleStage.RuntimeStorageServices, RemoveAsync);

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var own = self.SiloAddress;
        await using var command = database.Source.CreateCommand(Sql);
        command.Parameters.AddWithValue(options.ClusterId);
        command.Parameters.AddWithValue(own.Endpoint.Address.ToString());
        command.Parameters.AddWithValue(own.Endpoint.Port);
        command.Parameters.AddWithValue(own.Generation);
        if (await command.ExecuteScalarAsync(cancellationToken) is int and > 0 and var count)
        {
            LogRemoved(count, own);
        }
    }

    [LoggerMessage(EventId = 508, Level = LogLevel.Warning,
        Message = "Removed {Count} former members at the address of {Silo} with a later start time: was the clock set back?")]
    private partial void LogRemoved(int count, SiloAddress silo);
}
