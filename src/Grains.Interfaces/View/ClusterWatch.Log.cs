using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

internal sealed partial class ClusterWatch
{
    private void TellSilence(IEnumerable<NodeWatch> answered)
    {
        foreach (var watch in answered)
        {
            var silo = watch.View!;
            if (watch.Silence >= options.KeepSilent && !watch.IsToldSilent)
            {
                watch.IsToldSilent = true;
                LogSiloSilent(silo.Report.Name, silo.Address, options.KeepSilent, watch.Failure);
            }
            else if (watch.Silence == TimeSpan.Zero && watch.IsToldSilent)
            {
                watch.IsToldSilent = false;
                LogSiloAnswers(silo.Report.Name, silo.Address);
            }
        }
    }

    private void TellDiffering()
    {
        // Once for a version, and in one line: copies made without their times differ in all versions at once.
        var news = catalog.Differing.Where(pair => toldDiffering.Add(pair.Key)).OrderBy(pair => pair.Key).ToArray();
        toldDiffering.IntersectWith(catalog.Differing.Keys);
        if (news.Length > 0)
        {
            LogVersionDiffers(news[0].Key, news[0].Value.Report.Name, news.Length - 1);
        }
    }

    [LoggerMessage(
        EventId = 460, Level = LogLevel.Warning,
        Message = "Silo {Name} ({Silo}) has not answered for {Time}, and no replica is placed there until it does: {Reason}")]
    private partial void LogSiloSilent(string name, SiloAddress silo, TimeSpan time, string reason);

    [LoggerMessage(EventId = 461, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) answers again")]
    private partial void LogSiloAnswers(string name, SiloAddress silo);

    [LoggerMessage(EventId = 462, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) has left the cluster")]
    private partial void LogSiloGone(string name, SiloAddress silo);

    [LoggerMessage(
        EventId = 463, Level = LogLevel.Warning,
        Message = "Version {Version} has other files on silo {Name} than elsewhere, and {Others} more versions differ too: the same number should mean the same files")]
    private partial void LogVersionDiffers(ModelId version, string name, int others);

    [LoggerMessage(EventId = 464, Level = LogLevel.Warning, Message = "The members of the cluster cannot be read, those known stay in force: {Reason}")]
    private partial void LogMembersUnknown(string reason);

    [LoggerMessage(
        EventId = 465, Level = LogLevel.Warning,
        Message = "What was decided about models cannot be read, what was known of it stays in force: {Reason}")]
    private partial void LogRoutesUnknown(string reason);
}
