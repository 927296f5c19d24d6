using System.Text;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Rollouts;

/// <summary>
/// Real rollouts with the default guards, fifty of identical versions: thirty on a quiet machine, twenty on a busy one. Their calls are
/// not independent as those of simulations are. Only the times of the steps are shorter.
/// </summary>
[Trait("category", "long")]
public sealed class IdenticalVersionTests(ITestOutputHelper output)
{
    private const int Hogs = 3;

    // As docs/guards.md has it for independent calls: 272 at worst.
    private const int MostCallsOfSlow = 400;

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 2)]
    public async Task A_version_of_the_same_bytes_is_promoted_every_time(int busyProcesses, int versionsEach)
    {
        using var folder = new ModelsFolder();
        IdenticalVersions.AddTo(folder);
        await using var program = await StartAsync(folder);
        using var busy = new BusyMachine(busyProcesses);

        var rollouts = await IdenticalVersions.RollOutAsync(program.Api, versionsEach);

        output.WriteLine($"{busyProcesses} processes beside: {rollouts.Count(static rollout => rollout.Phase == "PROMOTED")} of {rollouts.Length} promoted");
        Assert.Equal(10 * versionsEach, rollouts.Length);
        Assert.Null(IdenticalVersions.FindFault(rollouts));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Hogs)]
    public async Task One_that_is_three_times_slower_goes_back_within_its_first_step(int busyProcesses)
    {
        using var folder = new ModelsFolder();
        folder.Add("steady", TinyModels.Slow(1000)).Add("rows", TinyModels.Slow(1000));
        await using var program = await StartAsync(folder);
        using var busy = new BusyMachine(busyProcesses);

        var rollouts = await Task.WhenAll(RollOutAsync("steady", Rhythm.Steady), RollOutAsync("rows", Rhythm.Rows(50, 20)));

        output.WriteLine($"{busyProcesses} processes beside: {string.Join("; ", (object[])rollouts)}");
        Assert.All(rollouts, static rollout => Assert.Equal("ROLLED_BACK", rollout.Phase));
        Assert.All(rollouts, static rollout => Assert.InRange(rollout.CanaryCalls, 1, MostCallsOfSlow));

        async Task<RolledOut> RollOutAsync(string model, Rhythm rhythm)
        {
            using var stop = new CancellationTokenSource();
            var calling = Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
            {
                using var caller = new HttpCaller(program.Api, $"/v2/models/{model}/infer", Body);
                await rhythm.CallAsync(caller, stop.Token);
            }));
            using var person = new RolloutOperator(program.Api);
            await person.PublishAsync(model, 2, TinyModels.Slow(3000).ToBytes());
            var ended = await person.RollOutAsync(model, 2, "[2,50,100]", seconds: 60);
            await stop.CancelAsync();
            await calling;
            return ended;
        }
    }

    private static byte[] Body { get; } = Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"x","shape":[1,128],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat("0.5", 128))}}]}]}""");

    private static Task<ProgramProcess> StartAsync(ModelsFolder folder) => KreweRun.ServeAsync("--models", folder.Path, "--http-port", "0", "--log-level", "warning");
}
