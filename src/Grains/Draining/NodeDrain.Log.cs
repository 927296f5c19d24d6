using Microsoft.Extensions.Logging;

namespace Krewe.Grains;

internal sealed partial class NodeDrain
{
    [LoggerMessage(EventId = 440, Level = LogLevel.Information,
        Message = "Leaving the cluster, 1 of 4: no new replicas from now on; {Replicas} live here, with {Calls} calls under way")]
    private partial void LogBegin(int replicas, int calls);

    [LoggerMessage(EventId = 441, Level = LogLevel.Information,
        Message = "Leaving the cluster, 2 of 4: the others have had time to read that ({Readings} times) after {Milliseconds:0} ms")]
    private partial void LogNoticed(int readings, double milliseconds);

    [LoggerMessage(EventId = 442, Level = LogLevel.Information,
        Message = "Leaving the cluster, 3 of 4: {Moved} replicas have moved and {Ended} have ended after {Milliseconds:0} ms")]
    private partial void LogMoved(int moved, int ended, double milliseconds);

    [LoggerMessage(EventId = 443, Level = LogLevel.Information,
        Message = "Leaving the cluster, 4 of 4: nothing is under way here any more after {Milliseconds:0} ms")]
    private partial void LogEnd(double milliseconds);

    [LoggerMessage(EventId = 444, Level = LogLevel.Warning,
        Message = "Leaving the cluster was cut short: {Replicas} replicas still live here, with {Calls} calls under way, after {Milliseconds:0} ms")]
    private partial void LogCutShort(int replicas, int calls, double milliseconds);

    [LoggerMessage(EventId = 445, Level = LogLevel.Warning,
        Message = "The ends of loads could not be recorded, because the cluster's database does not answer; they may count as deaths of this process")]
    private partial void LogEndsLost();
}
