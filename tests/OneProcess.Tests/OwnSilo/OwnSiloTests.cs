using System.Net;
using System.Net.Http.Json;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.OwnSilo;

/// <summary>The sample that adds Krewe to an application's own silo, as its readers run it.</summary>
public sealed class OwnSiloTests
{
    private static readonly byte[] HousePrice = File.ReadAllBytes(Path.Combine(Clone.Samples, "house-price", "1", "model.onnx"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silo_of_its_own_serves_models_to_its_grains_and_over_HTTP_and_rolls_them_out()
    {
        using var models = new ModelsFolder();
        models.Add("house-price", 1, HousePrice);
        var (siloPort, gatewayPort) = (Ports.Reserve(), Ports.Reserve());
        await using var program = ProgramProcess.Start(
            "OwnSilo", ["--models", models.Path, "--urls", "http://127.0.0.1:0", "--siloPort", $"{siloPort}", "--gatewayPort", $"{gatewayPort}"]);
        var address = new Uri(await program.ReadLineAsync("      Now listening on: "));
        using var client = new HttpClient { BaseAddress = address };

        var price = await client.GetFromJsonAsync<double>("/houses/elm-street-5/price", Token);
        Assert.InRange(price, 50_000, 5_000_000);
        Assert.True((await client.GetAsync("/v2/models/house-price/ready", Token)).IsSuccessStatusCode);
        using var body = new StringContent(
            """{"inputs":[{"name":"features","shape":[1,8],"datatype":"FP32","data":[120,400,3,2,15,6,1,5]}]}""", System.Text.Encoding.UTF8, "application/json");
        var answer = await client.PostAsync("/v2/models/house-price/infer", body, Token);
        Assert.Contains($"{price:0}"[..4], await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

        // It is one of the cluster's silos, and shown as that.
        var metrics = await client.GetStringAsync("/metrics", Token);
        var served = metrics.Split('\n').Where(static line => line.StartsWith("nv_inference_request_success{", StringComparison.Ordinal));
        Assert.StartsWith("nv_inference_request_success{model=\"house-price\",version=\"1\",silo=\"", Assert.Single(served));

        using var stop = new CancellationTokenSource();
        var calling = CallAsync(client, price, stop.Token);
        using var person = new RolloutOperator(address);
        await person.PublishAsync("house-price", 2, HousePrice);
        var ended = await person.RollOutAsync("house-price", 2, "[50,100]", seconds: 2);
        await stop.CancelAsync();
        Assert.Equal("PROMOTED", ended.Phase);
        Assert.True(await calling > 100);
    }

    [Fact]
    public async Task Paths_of_the_application_stay_its_own()
    {
        using var models = new ModelsFolder();
        models.Add("house-price", 1, HousePrice);
        var (siloPort, gatewayPort) = (Ports.Reserve(), Ports.Reserve());
        await using var program = ProgramProcess.Start(
            "OwnSilo", ["--models", models.Path, "--urls", "http://127.0.0.1:0", "--siloPort", $"{siloPort}", "--gatewayPort", $"{gatewayPort}"]);
        using var client = new HttpClient { BaseAddress = new Uri(await program.ReadLineAsync("      Now listening on: ")) };

        var own = await client.GetAsync("/nothing/here", Token);
        var ours = await client.GetAsync("/v2/models/nothing", Token);

        Assert.Equal((HttpStatusCode.NotFound, ""), (own.StatusCode, await own.Content.ReadAsStringAsync(Token)));
        Assert.Equal(HttpStatusCode.NotFound, ours.StatusCode);
        Assert.Contains("\"error\"", await ours.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    /// <summary>The grain's callers get the same answer throughout; how many did.</summary>
    private static async Task<int> CallAsync(HttpClient client, double price, CancellationToken stop)
    {
        for (var answers = 0; ; answers++)
        {
            if (stop.IsCancellationRequested)
            {
                return answers;
            }

            Assert.Equal(price, await client.GetFromJsonAsync<double>($"/houses/{answers}/price", Token));
        }
    }
}
