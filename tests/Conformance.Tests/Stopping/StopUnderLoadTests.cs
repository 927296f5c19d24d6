using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Stopping;

/// <summary>SIGTERM while callers call.</summary>
public sealed class StopUnderLoadTests
{
    private const int Callers = 32;

    [Fact]
    public async Task Every_accepted_request_is_answered()
    {
        using var models = new ModelsFolder();
        models.Add("slow", TinyModels.Slow(iterations: 500));
        await using var server = await ServerUnderTest.StartAsync(models.Path);
        var x = string.Join(',', Enumerable.Repeat("0.5", 128));
        var body = $$"""{"inputs":[{"name":"x","shape":[1,128],"datatype":"FP32","data":[{{x}}]}]}""";
        (await server.Client.PostReplyAsync("/v2/models/slow/infer", body)).Ok();

        var callers = Enumerable.Range(0, Callers).Select(_ => new KeepAliveCaller(server.Address, "/v2/models/slow/infer", body)).ToList();
        var calling = Task.WhenAll(callers.Select(static caller => caller.RunAsync()));
        while (callers.Any(static caller => caller.Answered < 3))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var before = callers.Sum(static caller => caller.Answered);
        var exitCode = await server.StopAsync();
        await calling;

        var after = callers.Sum(static caller => caller.Answered) - before;
        Summary.Say($"Stop under load: {Callers} callers, {before} answers before SIGTERM, {after} after it, none lost");
        Assert.Empty(callers.SelectMany(static caller => caller.Lost));
        Assert.True(after > 0, "no request was under way");
        Assert.Equal(0, exitCode);
    }
}
