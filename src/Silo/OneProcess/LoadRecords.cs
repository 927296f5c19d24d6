using Krewe.Grains;

namespace Krewe.Silo;

/// <summary>
/// Closes the records of loads that are under way when the process stops on purpose: otherwise the next start would take them for loads
/// that ended it. The HTTP side has ended by then, and the silo has not.
/// </summary>
internal sealed partial class LoadRecords(LoadGate gate, TimeProvider time, ILogger<LoadRecords> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gate.LeaveAsync(cancellationToken).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogEndsLost();
        }
    }

    [LoggerMessage(EventId = 535, Level = LogLevel.Warning,
        Message = "The ends of loads could not be recorded; they may count as loads that ended this process")]
    private partial void LogEndsLost();
}
