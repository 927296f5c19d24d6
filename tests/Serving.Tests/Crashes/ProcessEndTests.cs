using System.Diagnostics;
using System.Net;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.Crashes;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Node;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Serving.Tests.Crashes;

/// <summary>What a process was doing when it ended is known to whoever outlives it.</summary>
public sealed class ProcessEndTests : IAsyncDisposable
{
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);
    private static readonly ModelId Iris = new(ModelName.Parse("iris"), new ModelVersion(2));
    private static readonly ModelId Other = new(ModelName.Parse("other"), new ModelVersion(1));
    private readonly string folder = Directory.CreateTempSubdirectory("krewe-ends-").FullName;
    private readonly FakeLogCollector log = new();
    private readonly Measured measured = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        measured.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void What_was_under_way_is_found_and_reported_once()
    {
        using var recorder = Recorder();
        recorder.BeginLoad(Iris);
        OnAnotherThread(() => new FlightLog(recorder, Other, canHarm: true).Begin(3, "from anna", IPAddress.IPv6Loopback, [1, 2, 3]));
        OnAnotherThread(() => new FlightLog(recorder, Other, canHarm: false).Begin(1, null, null, []));
        var id = End(recorder);

        var first = Ends(out var own);
        var end = Assert.Single(first.Search());

        Assert.Equal(id, end.Id);
        var text = end.Describe();
        Assert.Contains("the load of iris/2", text, StringComparison.Ordinal);
        Assert.Contains($"a run of other/1 (3 requests, id 'from anna', from ::1, input {1:x32}, {2:x32}, {3:x32})", text, StringComparison.Ordinal);
        Assert.EndsWith(", beside 1 of models that cannot end one", text, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Error, log.LatestRecord.Level);
        Assert.Contains("iris/2", log.LatestRecord.Message, StringComparison.Ordinal);
        Assert.Equal(id, first.FindLast(Iris)!.Id);
        Assert.Empty(first.Search());

        // Others know of it as well, and do not report it again.
        var second = Ends(out var another);
        Assert.Empty(second.Search());
        Assert.Equal(end.Describe(), second.FindLast(Other)!.Describe());
        Assert.Equal(end.Describe(), second.Find(id)!.Describe());
        own.Dispose();
        another.Dispose();
    }

    [Fact]
    public void An_end_during_runs_of_plain_graphs_blames_none()
    {
        using var recorder = Recorder();
        new FlightLog(recorder, Iris, canHarm: false).Begin(1, null, null, []);
        End(recorder);

        var ends = Ends(out var own);
        Assert.Empty(Assert.Single(ends.Search()).Suspects);

        Assert.Equal(LogLevel.Warning, log.LatestRecord.Level);
        Assert.Null(ends.FindLast(Iris));
        own.Dispose();
    }

    [Fact]
    public void A_process_that_lives_has_not_ended()
    {
        using var recorder = Recorder();
        recorder.BeginLoad(Iris);

        var ends = Ends(out var own);

        Assert.Empty(ends.Search());
        Assert.Empty(ends.Find(recorder.Id)!.UnderWay);
        own.Dispose();
    }

    [Fact]
    public void A_planned_exit_leaves_nothing_behind()
    {
        var recorder = Recorder();
        recorder.BeginLoad(Iris);

        recorder.Dispose();

        Assert.Empty(Directory.GetFiles(folder));
        recorder.End();
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_the_record_alone()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "");
        using var recorder = new FlightRecorder(
            new ServingOptions { ProcessFolder = Path.Combine(folder, "file", "processes") }, NullLogger<FlightRecorder>.Instance);

        recorder.BeginLoad(Iris);
        recorder.End();
    }

    [Fact]
    public void A_record_of_a_plain_run_allocates_nothing()
    {
        using var recorder = Recorder();
        var flight = new FlightLog(recorder, Iris, canHarm: false);
        flight.Begin(1, "first", IPAddress.Loopback, []);
        flight.End();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            flight.Begin(1, "abc", IPAddress.Loopback, []);
            flight.End();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_records_of_ended_threads_are_used_again()
    {
        using var recorder = Recorder();
        for (var i = 0; i < 2000; i++)
        {
            OnAnotherThread(() =>
            {
                recorder.BeginLoad(Iris);
                recorder.End();
            });
            if (i % 100 == 99)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }

        recorder.BeginLoad(Iris);
        End(recorder);
        Assert.Single(Assert.Single(Ends(out var own).Search()).Suspects);
        own.Dispose();
    }

    [Fact]
    public async Task An_input_that_was_running_when_a_process_ended_is_refused_by_the_next()
    {
        var gate = new FakeLoadGate();
        await using var serving = new ServingFixture { LoadGate = gate, ExpectedError = "A process ended during a run of slow/1" };
        serving.Add("slow", 1, TinyModels.SlowOnDemand(width: 4));
        await serving.StartAsync(options => (options.Isolation, options.ProcessFolder) = (IsolationMode.None, folder));
        using var endless = Request(1L << 62, "poison");
        using var giveUp = new CancellationTokenSource();
        var running = serving.Host.InferAsync(endless, giveUp.Token).AsTask();
        var recorder = serving.Get<FlightRecorder>();
        await ServingFixture.UntilAsync(() => File.Exists(PathOf(recorder)) && Read(recorder).Any(static work => work.Kind == NativeWork.HarmfulRun));

        End(recorder);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await ServingFixture.UntilAsync(() => !gate.Refused.IsEmpty);

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.Host.InferAsync(endless, Cancellation).AsTask().WaitAsync(Ample, Cancellation));
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("is refused for 10 min", error.Message, StringComparison.Ordinal);
        using var harmless = Request(1, "other");
        (await serving.Host.InferAsync(harmless, Cancellation)).Dispose();
        Assert.Equal("slow/1", Assert.Single(gate.Refused).Model.ToString());
        var shown = (await serving.Host.GetConfigurationAsync(ModelReference.Parse("slow"), Cancellation)).LastCrash;
        Assert.Contains($"a process ended during a run of slow/1 (1 request, id 'poison', input {gate.Refused.Single().Inputs})", shown, StringComparison.Ordinal);
        Assert.Equal(Read(recorder), []);
        Assert.Contains("id 'poison'", Assert.Single(serving.Log.Errors), StringComparison.Ordinal);
    }

    private static InferenceRequest Request(long turns, string id) => new()
    {
        Model = ModelReference.Parse("slow"), Id = id, Inputs = [Tensors.Random("x", 1, 1, 4), Tensors.Longs("turns", [], turns)],
    };

    private static void OnAnotherThread(Action action)
    {
        var thread = new Thread(() => action());
        thread.Start();
        thread.Join();
    }

    /// <summary>Leaves the file of a process as it is when the process is killed now; its new id.</summary>
    private string End(FlightRecorder recorder)
    {
        var id = Guid.NewGuid().ToString("N");
        File.WriteAllBytes(Path.Combine(folder, id + ".new"), Bytes(recorder));
        File.Move(Path.Combine(folder, id + ".new"), Path.Combine(folder, id + ProcessEnds.Running));
        return id;
    }

    private List<UnderWay> Read(FlightRecorder recorder) => [.. FlightRecord.ReadAll(Bytes(recorder))];

    /// <summary>Read by another program, because the file is locked.</summary>
    private byte[] Bytes(FlightRecorder recorder)
    {
        using var read = Process.Start(new ProcessStartInfo("cat", [PathOf(recorder)]) { RedirectStandardOutput = true })!;
        using var bytes = new MemoryStream();
        read.StandardOutput.BaseStream.CopyTo(bytes);
        read.WaitForExit();
        return bytes.ToArray();
    }

    private string PathOf(FlightRecorder recorder) => Path.Combine(folder, recorder.Id + ProcessEnds.Running);

    private FlightRecorder Recorder() => new(new ServingOptions { ProcessFolder = folder }, NullLogger<FlightRecorder>.Instance);

    private ProcessEnds Ends(out FlightRecorder own)
    {
        own = Recorder();
        return new ProcessEnds(
            new ServingOptions { ProcessFolder = folder }, own, measured, TimeProvider.System, new FakeLogger<ProcessEnds>(log));
    }
}
