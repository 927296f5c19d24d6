using System.Diagnostics;
using System.Net;
using System.Text;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Attack;

/// <summary>Honest callers of a process under each attack: no call fails, the process lives, and what was taken is given back.</summary>
public sealed class UnderAttackTests : IDisposable
{
    private const double PerSecond = 50;

    private const long MostBytes = 1536L << 20;

    /// <summary>What may stay: pools, compiled code, and the models that the attacks have loaded.</summary>
    private const long KeptBytes = 256L << 20;

    private const int KeptDescriptors = 16;
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(90);
    private static readonly byte[] Linear = Encoding.ASCII.GetBytes(
        """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""");
    private readonly ModelsFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Honest_callers_are_answered_under_every_attack()
    {
        Attacks.AddTo(models).Add("honest", TinyModels.Linear());
        await using var program = await KreweRun.ServeAsync(
            "--models", models.Path, "--http-port", "0", "--memory", "1536MiB", "--log-level", "warning");
        using (var first = new HttpClient { BaseAddress = program.Api })
        using (var body = new ByteArrayContent(Linear))
        {
            Assert.Equal(HttpStatusCode.OK, (await first.PostAsync("/v2/models/honest/infer", body, Token)).StatusCode);
        }

        var honest = OpenLoopCalls.Start(program.Api, "/v2/models/honest/infer", Linear, PerSecond, expected: "\"outputs\"");
        await Task.Delay(Phase, Token);
        honest.TakeLatencies();
        await Task.Delay(Phase, Token);
        var quiet = P99(honest.TakeLatencies());
        var (descriptors, memory) = (DescriptorsOf(program), MemoryOf(program));
        Say($"without an attack: p99 {quiet:0.0} ms, {descriptors} descriptors, {memory >> 20} MiB");

        foreach (var (name, attackAsync) in Attacks.All)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var attack = attackAsync(program.Api, over.Token);
            await Task.Delay(Phase, Token);
            var p99 = P99(honest.TakeLatencies());
            Say($"{name}: p99 {p99:0.0} ms, {p99 / quiet:0.0} times; {MemoryOf(program) >> 20} MiB, {DescriptorsOf(program)} descriptors");
            await over.CancelAsync();
            await attack.WaitAsync(Ample, Token);
            Assert.False(program.HasExited, name);
            Assert.InRange(MemoryOf(program), 0, MostBytes);
            Assert.True(honest.Failures.Count == 0, $"{name}: {string.Join('\n', honest.Failures.Take(5))}");
            honest.TakeLatencies();
        }

        await honest.StopAsync();
        Assert.Empty(honest.Failures);
        await Attacks.UnloadAsync(program.Api);
        await UntilAsync(() => WorkersOf(program) == 0, () => $"{WorkersOf(program)} worker processes are left");
        await UntilAsync(() => DescriptorsOf(program) <= descriptors + KeptDescriptors, () => $"{DescriptorsOf(program)} descriptors after {descriptors}: {KindsOf(program)}");
        await UntilAsync(() => MemoryOf(program) <= memory + KeptBytes, () => $"{MemoryOf(program) >> 20} MiB after {memory >> 20}");
        Say($"afterwards: {DescriptorsOf(program)} descriptors, {MemoryOf(program) >> 20} MiB");
        using var client = new HttpClient { BaseAddress = program.Api };
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/health/ready", Token)).StatusCode);
    }

    private static double P99(double[] latencies) => latencies.Length == 0 ? double.NaN : latencies[(int)(latencies.Length * 0.99)];

    private static int DescriptorsOf(ProgramProcess program) => Directory.GetFileSystemEntries($"/proc/{program.Id}/fd").Length;

    private static string KindsOf(ProgramProcess program) => string.Join(", ", new DirectoryInfo($"/proc/{program.Id}/fd").GetFiles()
        .Select(static file => (file.LinkTarget ?? "").Split(':')[0]).CountBy(static kind => kind).OrderByDescending(static pair => pair.Value)
        .Take(5).Select(static pair => $"{pair.Value} {pair.Key}"));

    private static long MemoryOf(ProgramProcess program)
    {
        using var process = Process.GetProcessById(program.Id);
        return process.WorkingSet64;
    }

    private static int WorkersOf(ProgramProcess program) =>
        Directory.GetDirectories($"/proc/{program.Id}/task").Sum(static task => ReadChildren(task).Length);

    private static string[] ReadChildren(string thread)
    {
        try
        {
            return File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException) when (!Directory.Exists(thread))
        {
            return [];
        }
    }

    private static async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Ample, what());
            await Task.Delay(100, Token);
        }
    }

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        Console.WriteLine(line);
    }
}
