using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Isolation;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Node;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WireType = Krewe.Abstractions.Tensors.TensorType;
using GraphType = Krewe.Onnx.Building.TensorType;

namespace Krewe.Serving.Tests.Isolation;

/// <summary>What models do to their worker processes costs this process and other models nothing.</summary>
public sealed class WorkerTests : IAsyncDisposable
{
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);
    private readonly FakeLoadGate gate = new();
    private readonly ServingFixture serving;

    public WorkerTests() => serving = new ServingFixture { LoadGate = gate };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => serving.DisposeAsync();

    [Fact]
    public async Task An_input_that_traps_costs_its_own_call_and_the_next_one_is_answered()
    {
        SkipUnlessDivisionTraps();
        serving.Add("divide", 1, Division());
        await serving.StartAsync();
        Assert.Equal((long[])[4, 3], await DivideAsync([8, 9], [2, 3]));

        var error = await Assert.ThrowsAsync<KreweException>(() => DivideAsync([1, long.MinValue], [1, -1]));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("the run ended its worker process: signal 8 (SIGFPE", error.Message, StringComparison.Ordinal);
        Assert.Equal((long[])[5], await DivideAsync([10], [2]));
        Assert.Contains(serving.Log.GetSnapshot(), static line => line.Message.Contains("Model divide/1: a run ended its worker process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_same_input_does_not_end_the_next_process()
    {
        SkipUnlessDivisionTraps();
        serving.Add("divide", 1, Division());
        await serving.StartAsync();
        await Assert.ThrowsAsync<KreweException>(() => DivideAsync([long.MinValue], [-1]));

        var calls = Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? DivideAsync([long.MinValue], [-1]) : DivideAsync([i], [1])).ToArray();

        for (var i = 0; i < calls.Length; i++)
        {
            if (i % 2 == 0)
            {
                var error = await Assert.ThrowsAsync<KreweException>(() => calls[i]);
                Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
                Assert.Contains("is refused for 10 min", error.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal((long[])[i], await calls[i]);
            }
        }

        Assert.Single(serving.Log.GetSnapshot(), static line => line.Message.Contains("a run ended its worker process", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Callers_whose_requests_shared_a_run_with_it_get_their_answers()
    {
        SkipUnlessDivisionTraps();
        serving.Add("divide", 1, Division());
        await serving.StartAsync();
        Assert.Equal((long[])[4], await DivideAsync([8], [2]));

        // One after another they would not be joined.
        var calls = Enumerable.Range(1, 24).Select(i => i == 12 ? DivideAsync([long.MinValue], [-1]) : DivideAsync([i * 7], [7])).ToArray();
        var ends = await Task.WhenAll(calls.Select(async call => (Answer: await Record.ExceptionAsync(() => call), Call: call)));

        for (var i = 1; i <= ends.Length; i++)
        {
            if (i == 12)
            {
                Assert.IsType<KreweException>(ends[i - 1].Answer);
            }
            else
            {
                Assert.Equal((long[])[i], await ends[i - 1].Call);
            }
        }
    }

    /// <summary>Why <c>HazardAnalysis</c> asks no padding of a convolution.</summary>
    [Fact]
    public async Task A_convolution_refuses_an_image_smaller_than_its_window()
    {
        serving.Add("window", 1, new ModelBuilder("window").Input("x", GraphType.Float, "batch", 1, "height", "width")
            .Initializer("w", Enumerable.Repeat(1f, 9).ToArray(), 1, 1, 3, 3)
            .Node("Conv", ["x", "w"], "z", ("kernel_shape", new long[] { 3, 3 }))
            .Node("ConvTranspose", ["z", "w"], "y").Output("y", GraphType.Float, "batch", 1, "h", "w"));
        await serving.StartAsync();
        Assert.Equal(9, (await serving.InferAsync("window", Tensors.Floats("x", [1, 1, 3, 3], new float[9]))).Outputs[0].ToFloats().Length);

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("window", Tensors.Floats("x", [1, 1, 2, 2], new float[4])));

        Assert.Contains("Invalid input shape", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_traps_when_it_is_opened_fails_its_load()
    {
        SkipUnlessDivisionTraps();
        serving.Add("lethal", 1, TinyModels.Lethal());
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("lethal", Tensors.Longs("x", [1], 1)));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("opening it ended its worker process: signal 8 (SIGFPE", error.Message, StringComparison.Ordinal);
        using var answer = await serving.InferAsync("other", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));
    }

    [Fact]
    public async Task The_end_of_one_run_terminates_no_other()
    {
        serving.Add("slow", 1, TinyModels.SlowOnDemand(width: 4));
        await serving.StartAsync();
        Tensor[] Inputs() => [Tensors.Random("x", 1, 1, 4), Tensors.Longs("turns", [], 500)];
        (await serving.InferAsync("slow", Inputs())).Dispose();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            (await serving.InferAsync("slow", Inputs())).Dispose();
        }

        // Callers that give up about when their runs end, each beside one that does not.
        var run = watch.Elapsed / 20;
        for (var i = 0; i < 300; i++)
        {
            using var hurried = new InferenceRequest { Model = ModelReference.Parse("slow"), Inputs = Inputs(), Timeout = run * (0.8 + (i % 20 / 40.0)) };
            var first = serving.Host.InferAsync(hurried, Cancellation).AsTask();
            (await serving.InferAsync("slow", Inputs())).Dispose();
            (await Record.ExceptionAsync(async () => (await first).Dispose()))?.ToString();
        }
    }

    [Fact]
    public async Task Warm_ups_without_end_hold_up_no_other_load_and_no_unload()
    {
        for (var i = 0; i < 3; i++)
        {
            serving.Add($"endless-{i}", 1, TinyModels.Slow(1L << 62, width: 4));
        }

        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync(static options => (options.LoadThreads, options.RunTimeout) = (1, TimeSpan.FromSeconds(15)));
        var endless = Enumerable.Range(0, 3).Select(i => serving.InferAsync($"endless-{i}", Tensors.Floats("x", [1, 4], new float[4]))).ToArray();
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().AllVersions.Count(static version => version.Loading is not null) == 3);

        using var answer = await serving.InferAsync("other", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));
        await serving.Host.UnloadAsync(ModelReference.Parse("other"), Cancellation);

        Assert.All(endless, static load => Assert.False(load.IsCompleted));
        foreach (var load in endless)
        {
            var error = await Assert.ThrowsAsync<KreweException>(() => load.WaitAsync(Ample, Cancellation));
            Assert.Contains("a run on synthetic input did not finish within 15 s", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_run_without_end_is_terminated_at_its_deadline_and_the_process_goes_on()
    {
        serving.Add("slow", 1, TinyModels.SlowOnDemand(width: 4));
        await serving.StartAsync();
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 4), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
        var process = WorkerOf("slow")!.Value;
        using var request = new InferenceRequest { Model = ModelReference.Parse("slow"), Inputs = Inputs(1L << 62), Timeout = TimeSpan.FromMilliseconds(200) };

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.Host.InferAsync(request, Cancellation).AsTask().WaitAsync(Ample, Cancellation));

        Assert.Equal(KreweErrorCode.DeadlineExceeded, error.Code);
        (await serving.InferAsync("slow", Inputs(1)).WaitAsync(Ample, Cancellation)).Dispose();
        Assert.True(IsAlive(process));
    }

    [Fact]
    public async Task An_output_larger_than_the_workers_memory_is_refused()
    {
        serving.Add("expand", 1, Expansion());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() =>
            serving.InferAsync("expand", Tensors.Floats("x", [1], 1), Tensors.Longs("size", [1], 300_000_000)));

        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        using var answer = await serving.InferAsync("expand", Tensors.Floats("x", [1], 7), Tensors.Longs("size", [1], 3));
        Assert.Equal([7, 7, 7], answer.Outputs[0].ToFloats());
    }

    [Fact]
    public async Task An_empty_input_is_refused_where_it_would_end_the_process()
    {
        serving.Add("unique", 1, new ModelBuilder("unique").Input("x", GraphType.Float, "batch", 2).Node("Unique", ["x"], "y", ("axis", 0L))
            .Output("y", GraphType.Float, "batch", 2));
        serving.Add("plain", 1, TinyModels.Linear());
        await serving.StartAsync();

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("unique", Tensors.Floats("x", [0, 2])));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("input 'x' of model 'unique/1' has shape [0,2], without elements, and the node that makes 'y' (Unique) cannot compute one", error.Message, StringComparison.Ordinal);
        using var answer = await serving.InferAsync("unique", Tensors.Floats("x", [2, 2], 1, 2, 1, 2));
        Assert.Equal([1, 2], answer.Outputs[0].ToFloats());
        using var empty = await serving.InferAsync("plain", Tensors.Floats("x", [0, 4]));
        Assert.Equal([0, 3], empty.Outputs[0].Shape);
    }

    [Fact]
    public async Task A_killed_worker_is_replaced()
    {
        serving.Add("m", 1, TinyModels.Linear(), """{"isolation": "process"}""");
        await serving.StartAsync();
        using var before = await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));

        using (var process = Process.GetProcessById(WorkerOf("m")!.Value))
        {
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        // The run that finds it gone says so; it was not its fault.
        var error = await Record.ExceptionAsync(() => serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4)));
        Assert.Equal(KreweErrorCode.Unavailable, Assert.IsType<KreweException>(error).Code);
        using var after = await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));
        Assert.Equal(before.Outputs[0].ToFloats(), after.Outputs[0].ToFloats());
    }

    [Fact]
    public void A_version_that_ends_workers_again_and_again_is_quarantined()
    {
        var time = new FakeTimeProvider();
        var workers = new Workers(new ServingOptions(), gate, time, NullLogger<Workers>.Instance);
        var model = new ModelId(ModelName.Parse("divide"), new ModelVersion(1));
        for (var i = 1; i < Workers.MaxEnds; i++)
        {
            workers.Ended(model, "signal 8");
        }

        time.Advance(Workers.Period + TimeSpan.FromSeconds(1));
        workers.Ended(model, "signal 8");
        Assert.Empty(gate.Quarantined);
        for (var i = 1; i < Workers.MaxEnds; i++)
        {
            workers.Ended(model, "signal 8");
        }

        var (quarantined, reason) = Assert.Single(gate.Quarantined);
        Assert.Equal(model, quarantined);
        Assert.Contains("ended its worker process 20 times within 10 min, last by signal 8", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suspect_is_opened_by_a_worker_first()
    {
        gate.IsSuspect = true;
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();

        using var answer = await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));

        Assert.Null(WorkerOf("m"));
        Assert.Equal(3, gate.Passages.Count(static passage => passage.StartsWith("m/1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("auto", false)]
    [InlineData("none", false)]
    [InlineData("process", true)]
    public async Task The_settings_of_a_model_decide(string? isolation, bool expected)
    {
        serving.Add("m", 1, TinyModels.Linear(), isolation is null ? null : $$"""{"isolation": "{{isolation}}"}""");
        await serving.StartAsync();

        using var answer = await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));

        Assert.Equal(expected, WorkerOf("m") is not null);
        var configuration = await serving.Host.GetConfigurationAsync(ModelReference.Parse("m"), Cancellation);
        Assert.Equal((expected, expected ? "the settings ask for it" : null), (configuration.IsIsolated, configuration.IsolationReason));
    }

    [Fact]
    public async Task A_worker_ends_with_its_version()
    {
        serving.Add("m", 1, TinyModels.Linear(), """{"isolation": "process"}""");
        await serving.StartAsync();
        (await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4))).Dispose();
        var process = WorkerOf("m")!.Value;

        await serving.Host.UnloadAsync(ModelReference.Parse("m"), Cancellation);

        Assert.False(IsAlive(process));
    }

    [Fact]
    public async Task A_worker_has_no_secrets_of_this_process()
    {
        Environment.SetEnvironmentVariable("KREWE_DATABASE", "Host=db;Password=secret");
        try
        {
            serving.Add("m", 1, TinyModels.Linear(), """{"isolation": "process"}""");
            await serving.StartAsync();
            (await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4))).Dispose();

            var environment = await File.ReadAllTextAsync($"/proc/{WorkerOf("m")}/environ", Cancellation);

            Assert.Contains("ORT_DISABLE_TELEMETRY=1", environment, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", environment, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("KREWE_DATABASE", null);
        }
    }

    [Fact]
    public async Task A_worker_keeps_no_right_that_it_does_not_need()
    {
        serving.Add("m", 1, TinyModels.Linear(), """{"isolation": "process"}""");
        await serving.StartAsync();
        (await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4))).Dispose();
        var process = $"/proc/{WorkerOf("m")}";

        foreach (var thread in Directory.GetDirectories($"{process}/task"))
        {
            var status = await File.ReadAllTextAsync($"{thread}/status", Cancellation);
            Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
            Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
            var capabilities = status.Split('\n').Single(static line => line.StartsWith("CapPrm:", StringComparison.Ordinal))[^16..];
            Assert.Equal(0UL, ulong.Parse(capabilities, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~0b110UL);
        }

        Assert.Contains("Max open files            1024", await File.ReadAllTextAsync($"{process}/limits", Cancellation), StringComparison.Ordinal);
        Assert.Equal("1000", (await File.ReadAllTextAsync($"{process}/oom_score_adj", Cancellation)).Trim());
    }

    [Fact]
    public async Task A_worker_inherits_no_descriptors_but_its_lanes()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        serving.Add("m", 1, TinyModels.Linear(), """{"isolation": "process"}""");
        serving.Add("n", 1, TinyModels.Linear(), """{"isolation": "process"}""");
        await serving.StartAsync();
        (await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4))).Dispose();
        (await serving.InferAsync("n", Tensors.Floats("x", [1, 4], 1, 2, 3, 4))).Dispose();

        string[] targets = [.. new DirectoryInfo($"/proc/{WorkerOf("n")}/fd").GetFiles().Select(static file => file.LinkTarget ?? "")];
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', targets));

        Assert.DoesNotContain(targets, static target => target.StartsWith("socket:", StringComparison.Ordinal));
        Assert.Equal(2, targets.Count(static target => target.Contains("memfd", StringComparison.Ordinal) && !target.Contains("doublemapper", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Every_element_type_and_shape_comes_back_as_it_was()
    {
        (GraphType Graph, WireType Wire)[] types =
        [
            (GraphType.Float, WireType.Float32), (GraphType.Double, WireType.Float64),
            (GraphType.Int8, WireType.Int8), (GraphType.UInt16, WireType.UInt16),
            (GraphType.Int64, WireType.Int64), (GraphType.Bool, WireType.Bool),
            (GraphType.Float16, WireType.Float16),
        ];
        foreach (var (graph, wire) in types)
        {
            serving.Add($"{wire}", 1, TinyModels.Identity(graph, "batch", 3), """{"isolation": "process"}""");
        }

        serving.Add("strings", 1, TinyModels.Strings(), """{"isolation": "process"}""");
        await serving.StartAsync();
        foreach (var (_, wire) in types)
        {
            foreach (var rows in (long[])[0, 1, 5])
            {
                var data = new byte[rows * 3 * wire.ElementSize()];
                data.AsSpan().Fill(1);
                using var answer = await serving.InferAsync($"{wire}", Tensor.Create("x", wire, [rows, 3], data));
                Assert.Equal(data, answer.Outputs[0].Data.ToArray());
                Assert.Equal([rows, 3], answer.Outputs[0].Shape);
            }
        }

        byte[] strings = [0, 0, 0, 0, 2, 0, 0, 0, 0xFF, 0, .. BitConverter.GetBytes(70_000), .. new byte[70_000]];
        using var texts = await serving.InferAsync("strings", Tensor.Create("x", WireType.Bytes, [3], strings));
        Assert.Equal(strings, texts.Outputs[0].Data.ToArray());
    }

    private static void SkipUnlessDivisionTraps() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "an integer division traps on x86 processors alone");

    private static ModelBuilder Division() => new ModelBuilder("divide")
        .Input("a", GraphType.Int64, "batch")
        .Input("b", GraphType.Int64, "batch")
        .Node("Div", ["a", "b"], "y")
        .Output("y", GraphType.Int64, "batch");

    private static ModelBuilder Expansion() => new ModelBuilder("expand")
        .Input("x", GraphType.Float, 1)
        .Input("size", GraphType.Int64, 1)
        .Node("Expand", ["x", "size"], "y")
        .Output("y", GraphType.Float, "batch");

    private async Task<long[]> DivideAsync(long[] dividends, long[] divisors)
    {
        using var answer = await serving.InferAsync("divide", Tensors.Longs("a", [dividends.Length], dividends), Tensors.Longs("b", [divisors.Length], divisors));
        return MemoryMarshal.Cast<byte, long>(answer.Outputs[0].Data.Span).ToArray();
    }

    /// <summary>The process that the only loaded version runs in.</summary>
    private int? WorkerOf(string model) => serving.Get<ServedModels>().AllVersions.Single(version => version.Id.Name.Value == model)
        .Loaded?.Session.Worker?.ProcessId;

    private static bool IsAlive(int process) => Directory.Exists($"/proc/{process}");
}
