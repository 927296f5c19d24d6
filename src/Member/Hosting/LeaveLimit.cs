using Microsoft.Extensions.Logging;

namespace Krewe.Member;

/// <summary>
/// A member that leaves says so in the database, and where that does not answer the engine tries for two minutes. This one ends after five
/// seconds: the others find out by themselves.
/// </summary>
internal sealed partial class LeaveLimit(DatabaseHealth database, TimeProvider time, ILogger<LeaveLimit> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource left = new();

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(LeaveLimit), ServiceLifecycleStage.Active, static _ => Task.CompletedTask, BeginAsync);
        lifecycle.Subscribe(nameof(LeaveLimit), ServiceLifecycleStage.First, static _ => Task.CompletedTask, _ => left.CancelAsync());
    }

    public void Dispose() => left.Dispose();

    private Task BeginAsync(CancellationToken cancellationToken)
    {
        _ = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task WatchAsync()
    {
        var token = left.Token;
        do
        {
            await Task.Delay(Limit, time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (database.Problem is null && !token.IsCancellationRequested);

        if (!token.IsCancellationRequested)
        {
            LogEnding(database.Problem!);
            Environment.Exit(Environment.ExitCode);
        }
    }

    [LoggerMessage(EventId = 535, Level = LogLevel.Warning, Message = "This member ends without having left the cluster, which finds out by itself: {Problem}")]
    private partial void LogEnding(string problem);
}
