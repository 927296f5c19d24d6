using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using Krewe.Abstractions.Files;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Telemetry;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Crashes;

/// <summary>
/// Finds crashed processes and what was under way in them, by the files that their <see cref="FlightRecorder"/> left in the shared folder.
/// The first process that notices a crash reports it. Crashes are remembered for a day.
/// </summary>
public sealed partial class ProcessEnds
{
    internal const string Running = ".running";
    private const string Ended = ".ended";
    private const int MaxKept = 100;
    private static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private readonly string folder;
    private readonly FlightRecorder recorder;
    private readonly TimeProvider time;
    private readonly ILogger<ProcessEnds> logger;
    private readonly ConcurrentDictionary<ModelId, long> reported = new();
    private readonly ConcurrentDictionary<string, ProcessEnd> known = new(StringComparer.Ordinal);

    public ProcessEnds(
        ServingOptions options, FlightRecorder recorder, IMeterFactory meters, TimeProvider time, ILogger<ProcessEnds> logger)
    {
        (folder, this.recorder, this.time, this.logger) = (options.EffectiveProcessFolder, recorder, time, logger);
        meters.Create(KreweTelemetry.SiloMeter).CreateObservableCounter(
            "krewe_process_ends_total",
            () => reported.Select(static pair => new Measurement<long>(pair.Value, KreweTelemetry.TagsOf(pair.Key))),
            description: "Ends of processes, by the version that may have ended them");
    }

    /// <summary>What was under way in a process that has ended, by its <see cref="FlightRecorder.Id"/>; null if nothing is known.</summary>
    public ProcessEnd? Find(string id)
    {
        try
        {
            return known.GetValueOrDefault(id) ?? Read(id + Ended) ?? Read(id + Running) ?? Read(id + Ended);
        }
        catch (IOException error) when (FileFault.IsLocked(error))
        {
            // The file is locked, so the process is alive, whatever the membership table says.
            return new ProcessEnd(id, time.GetUtcNow(), []);
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return null;
        }
    }

    /// <summary>The last end that a version may be the cause of; null if there is none.</summary>
    public ProcessEnd? FindLast(ModelId model) => known.Values
        .Where(end => end.Suspects.Any(work => work.Model == model)).MaxBy(static end => end.At);

    /// <summary>Finds ends since the last search. Those that no other process reported before are reported, and returned.</summary>
    internal IReadOnlyList<ProcessEnd> Search()
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        try
        {
            var claimed = Directory.EnumerateFiles(folder, "*" + Running)
                .Where(file => Path.GetFileNameWithoutExtension(file) != recorder.Id).Select(TryClaim).OfType<ProcessEnd>().ToList();
            Remember();
            claimed.ForEach(Report);
            return claimed;
        }
        catch (Exception error) when (FileFault.Is(error))
        {
            return [];
        }
    }

    /// <summary>Null if the process lives, or another process was faster.</summary>
    private ProcessEnd? TryClaim(string file)
    {
        try
        {
            // Locked for a moment alone; the first that renames it has it.
            new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            File.SetLastWriteTimeUtc(file, time.GetUtcNow().UtcDateTime);
            File.Move(file, Path.ChangeExtension(file, Ended));
        }
        catch (Exception error) when (error is FileNotFoundException or UnauthorizedAccessException
            || (error is IOException io && FileFault.IsLocked(io)))
        {
            return null;
        }

        return Read(Path.GetFileNameWithoutExtension(file) + Ended);
    }

    private void Remember()
    {
        var files = Directory.GetFiles(folder, "*" + Ended).ToDictionary(static file => Path.GetFileNameWithoutExtension(file));
        foreach (var id in files.Keys.Where(id => !known.ContainsKey(id)))
        {
            if (Read(id + Ended) is { } end)
            {
                known[id] = end;
            }
        }

        var old = known.Values.OrderByDescending(static end => end.At)
            .Where((end, i) => i >= MaxKept || time.GetUtcNow() - end.At > Retention || !files.ContainsKey(end.Id)).ToList();
        foreach (var end in old)
        {
            known.TryRemove(end.Id, out _);
            File.Delete(Path.Combine(folder, end.Id + Ended));
        }
    }

    private ProcessEnd? Read(string file)
    {
        var path = Path.Combine(folder, file);
        try
        {
            var work = FlightRecord.ReadAll(File.ReadAllBytes(path)).ToImmutableArray();
            return new ProcessEnd(Path.GetFileNameWithoutExtension(file), File.GetLastWriteTimeUtc(path), work);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void Report(ProcessEnd end)
    {
        if (end.Suspects is { Length: > 0 } suspects)
        {
            LogSuspects(end.Describe());
            foreach (var model in suspects.Select(static work => work.Model).Distinct())
            {
                reported.AddOrUpdate(model, 1, static (_, ends) => ends + 1);
            }
        }
        else if (!end.UnderWay.IsEmpty)
        {
            LogInnocent(end.Describe());
        }
    }

    [LoggerMessage(EventId = 181, Level = LogLevel.Error, Message = "A process ended during {Work}")]
    private partial void LogSuspects(string work);

    [LoggerMessage(EventId = 182, Level = LogLevel.Warning, Message = "A process ended, for a reason outside its models, during {Work}")]
    private partial void LogInnocent(string work);
}

/// <summary>The end of a process that was not planned.</summary>
/// <param name="Id">Its <see cref="FlightRecorder.Id"/>.</param>
/// <param name="At">When it was noticed.</param>
/// <param name="UnderWay">What native code was doing.</param>
public sealed record ProcessEnd(string Id, DateTimeOffset At, ImmutableArray<UnderWay> UnderWay)
{
    /// <summary>What may have ended it: the cause if there is one, suspects if there are several.</summary>
    public ImmutableArray<UnderWay> Suspects { get; } = UnderWay.RemoveAll(static work => !work.IsSuspect);

    /// <summary>What was under way, as part of a sentence; suspects alone if there are any.</summary>
    public string Describe()
    {
        var (named, rest) = Suspects.IsEmpty ? (UnderWay, 0) : (Suspects, UnderWay.Length - Suspects.Length);
        var text = string.Join(" and ", named.Select(static work => work.ToString()));
        return rest == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}, beside {rest} of models that cannot end one");
    }
}
