using System.Diagnostics;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Isolation;

/// <summary>Worker processes of the real program end with it, and not before.</summary>
public sealed class WorkerLifeTests : IDisposable
{
    private const int Width = 4;
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(30);
    private readonly ModelsFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task A_worker_ends_with_a_program_that_is_killed_whatever_its_model_is_doing()
    {
        models.Add("slow", TinyModels.SlowOnDemand(Width));
        await using var program = await KreweRun.ServeAsync("--models", models.Path, "--http-port", "0", "--run-timeout", "never");
        using var client = new HttpClient { BaseAddress = program.Api };
        using (var first = await CallAsync(client, 1))
        {
            first.EnsureSuccessStatusCode();
        }

        var worker = Assert.Single(WorkersOf(program.Id));
        var endless = CallAsync(client, 1L << 62);
        await UntilAsync(() => BusyTime(worker) > TimeSpan.FromMilliseconds(300));

        program.Kill();
        await program.WaitForExitAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => endless);
        await UntilAsync(() => !Directory.Exists($"/proc/{worker}"));
    }

    [Fact]
    public async Task A_signal_to_all_processes_of_a_terminal_does_not_end_a_worker_before_its_program()
    {
        models.Add("slow", TinyModels.SlowOnDemand(Width));
        await using var program = await KreweRun.ServeAsync("--models", models.Path, "--http-port", "0");
        using var client = new HttpClient { BaseAddress = program.Api };
        using (var first = await CallAsync(client, 1))
        {
            first.EnsureSuccessStatusCode();
        }

        var worker = Assert.Single(WorkersOf(program.Id));
        using var process = Process.GetProcessById(worker);
        foreach (var signal in (string[])["-INT", "-TERM", "-HUP"])
        {
            using var kill = Process.Start("kill", [signal, $"{worker}"]);
            await kill.WaitForExitAsync(Token);
        }

        using var second = await CallAsync(client, 1);

        second.EnsureSuccessStatusCode();
        Assert.Equal([worker], WorkersOf(program.Id));
        await program.StopAsync();
        await UntilAsync(() => !Directory.Exists($"/proc/{worker}"));
    }

    private static async Task<HttpResponseMessage> CallAsync(HttpClient client, long turns)
    {
        using var body = new StringContent(
            $$"""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]},{"name":"turns","shape":[],"datatype":"INT64","data":[{{turns}}]}]}""");
        return await client.PostAsync("/v2/models/slow/infer", body, Token);
    }

    private static int[] WorkersOf(int program) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(static name => int.TryParse(name, out _)).Select(int.Parse!)
            .Where(id => ParentOf(id) == program),
    ];

    private static int ParentOf(int id) => FieldOf(id, 1) is { } parent ? int.Parse(parent, System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>The time that a process has taken, from its clock ticks of 10 ms.</summary>
    private static TimeSpan BusyTime(int id) =>
        TimeSpan.FromMilliseconds(FieldOf(id, 11) is { } ticks ? 10 * long.Parse(ticks, System.Globalization.CultureInfo.InvariantCulture) : 0);

    /// <summary>A field of a process's state, counted from the one after its name; null if there is no such process.</summary>
    private static string? FieldOf(int id, int field)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/stat").Split(") ")[^1].Split(' ')[field];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Ample);
            await Task.Delay(20, Token);
        }
    }
}
