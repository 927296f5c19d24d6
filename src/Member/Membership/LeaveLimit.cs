using Krewe.Member.Database;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// Limits a leave without the database. Leaving writes to the database, and Orleans retries for two minutes. This ends the process five
/// seconds after the outage is detected; the other members detect that like a crash.
/// </summary>
internal sealed partial class LeaveLimit(DatabaseHealth database, TimeProvider time, ILogger<LeaveLimit> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(0.5);
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
        try
        {
            for (; database.Problem is null; await Task.Delay(Poll, time, left.Token))
            {
            }

            LogExit(database.Problem, Limit.TotalSeconds);
            await Task.Delay(Limit, time, left.Token);
            Environment.Exit(Environment.ExitCode);
        }
        catch (OperationCanceledException)
        {
            // The member has left.
        }
    }

    [LoggerMessage(EventId = 535, Level = LogLevel.Warning,
        Message = "Cannot leave the cluster cleanly: {Problem}; exiting in {Seconds} s, which the other members detect")]
    private partial void LogExit(string problem, double seconds);
}
