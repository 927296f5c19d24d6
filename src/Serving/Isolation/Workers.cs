using System.Collections.Concurrent;
using System.Globalization;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Snapshots;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Isolation;

/// <summary>Opens versions in worker processes.</summary>
internal sealed partial class Workers(ServingOptions options, ILoadGate? loadGate, TimeProvider time, ILogger<Workers> logger)
{
    /// <summary>Crashes of one version's workers within <see cref="Period"/> that quarantine the version.</summary>
    public const int MaxEnds = 20;

    /// <summary>See <see cref="MaxEnds"/>.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private const int MaxRecordings = 9;
    private readonly Lock gate = new();
    private readonly Dictionary<ModelId, Queue<long>> ends = [];
    private readonly ConcurrentDictionary<ModelId, SuspectInputs> suspects = new();
    private int hasLoggedRights;

    /// <summary>Memory that a worker may take beyond what a load reserves for its files.</summary>
    private static readonly long ExtraBytes = Math.Min(512L << 20, MemoryShares.Current.Reserve / 2);

    /// <summary>How long opening a small file may take.</summary>
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Large files are given more time.</summary>
    private const double BytesPerSecond = 10 << 20;

    /// <summary>How long opening a version's file may take.</summary>
    public static TimeSpan OpenTimeoutOf(RepositoryVersion version) =>
        OpenTimeout + TimeSpan.FromSeconds(version.Stamp.FileBytes / BytesPerSecond);

    /// <summary>Opens a version's file; throws <see cref="GraphException"/>.</summary>
    public WorkerGraph Open(RepositoryVersion version, ExecutionProvider provider, OnnxFileSummary file)
    {
        var bytes = version.Stamp.FileBytes;
        var graph = new WorkerGraph(
            new WorkerOrder(
                version.ModelPath, provider, version.Manifest.Threads is > 1 ? options.IntraOpThreads : null,
                [.. file.Inputs.Select(static input => input.Name)], [.. file.Outputs.Select(static output => output.Name)],
                (2 * bytes) + ExtraBytes, []),
            OpenTimeoutOf(version),
            (how, inputs) => Ended(version.Id, how, inputs), time);
        if (graph.Worker is { IsConfined: false } && Interlocked.Exchange(ref hasLoggedRights, 1) == 0)
        {
            LogNotConfined(provider);
        }

        return graph;
    }

    /// <summary>Inputs of a version that are refused; null if there are none.</summary>
    public SuspectInputs? FindSuspects(ModelId model) => suspects.GetValueOrDefault(model);

    /// <summary>Refuses inputs that ended a process some time ago, in this process.</summary>
    public void RefuseHere(ModelId model, UInt128 inputs, TimeSpan age = default)
    {
        lock (gate)
        {
            foreach (var version in suspects.Where(static version => version.Value.IsEmpty))
            {
                suspects.TryRemove(version);
            }

            suspects.GetOrAdd(model, static (_, time) => new SuspectInputs(time), time).Add(inputs, age);
        }
    }

    /// <summary>Refuses inputs that ended a process, here at once, and everywhere once that is recorded.</summary>
    public void Refuse(ModelId model, UInt128 inputs)
    {
        RefuseHere(model, inputs);
        if (loadGate is not null)
        {
            _ = RecordRefusalAsync(loadGate, model, inputs.ToString("x32", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Told how a run ended a process.</summary>
    internal void Ended(ModelId model, string how, UInt128? inputs = null)
    {
        LogEnded(model, how);
        if (inputs is { } hash)
        {
            Refuse(model, hash);
        }

        lock (gate)
        {
            foreach (var (old, times) in ends)
            {
                while (times.TryPeek(out var at) && time.GetElapsedTime(at) > Period)
                {
                    times.Dequeue();
                }

                if (times.Count == 0)
                {
                    ends.Remove(old);
                }
            }

            if (!ends.TryGetValue(model, out var recent))
            {
                ends[model] = recent = new Queue<long>();
            }

            recent.Enqueue(time.GetTimestamp());
            if (recent.Count < MaxEnds)
            {
                return;
            }

            ends.Remove(model);
        }

        _ = QuarantineAsync(
            model, $"its runs ended its worker process {MaxEnds} times within {Period.TotalMinutes:F0} min, last by {how}; "
                + "POST .../quarantine/clear allows it again");
    }

    private async Task RecordRefusalAsync(ILoadGate gate, ModelId model, string inputs)
    {
        for (var attempt = 0; attempt < MaxRecordings; attempt++)
        {
            try
            {
                await gate.RefuseAsync(model, inputs);
                return;
            }
            catch (Exception error)
            {
                // The silo may still be starting, or its database be away.
                var pause = FirstPause * (1 << attempt);
                LogNotRefused(error, model, pause);
                await Task.Delay(pause, time);
            }
        }
    }

    private async Task QuarantineAsync(ModelId model, string reason)
    {
        try
        {
            await (loadGate?.QuarantineAsync(model, reason) ?? Task.CompletedTask);
        }
        catch (Exception error)
        {
            // The next ends try again.
            LogNotQuarantined(error, model);
        }
    }

    [LoggerMessage(EventId = 136, Level = LogLevel.Warning, Message = "Failed to quarantine model {Model}")]
    private partial void LogNotQuarantined(Exception error, ModelId model);

    [LoggerMessage(EventId = 147, Level = LogLevel.Information,
        Message = "Worker processes of the {Provider} provider keep this process's rights: system calls are not filtered here")]
    private partial void LogNotConfined(ExecutionProvider provider);

    [LoggerMessage(EventId = 137, Level = LogLevel.Debug,
        Message = "Failed to record that inputs of model {Model} are refused; retrying in {Delay}")]
    private partial void LogNotRefused(Exception error, ModelId model, TimeSpan delay);

    [LoggerMessage(EventId = 135, Level = LogLevel.Warning, Message = "Model {Model}: a run ended its worker process: {Reason}")]
    private partial void LogEnded(ModelId model, string reason);
}
