namespace Krewe.Silo;

internal sealed partial class DrainSequence
{
    [LoggerMessage(EventId = 532, Level = LogLevel.Information, Message = "Stopping: models move to other silos")]
    private partial void LogDraining();

    [LoggerMessage(EventId = 533, Level = LogLevel.Information, Message = "Drained after {Seconds:0.0} s")]
    private partial void LogDrained(double seconds);

    [LoggerMessage(EventId = 534, Level = LogLevel.Information, Message = "Left the cluster")]
    private partial void LogLeft();
}
