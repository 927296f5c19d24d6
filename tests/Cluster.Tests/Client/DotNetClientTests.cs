using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Client;
using Krewe.Client.Hosting;
using Krewe.Client.PostgreSql;
using Krewe.Cluster.Tests.Failures;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Cluster.Tests.Client;

/// <summary>A .NET service outside the cluster, while a silo is killed.</summary>
public sealed class DotNetClientTests(SharedServer database)
{
    private const int Callers = 16;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_service_outside_loses_no_call_when_a_silo_is_killed(int replicas) =>
        TimeLimit.HoldAsync(TimeSpan.FromSeconds(3), () => KillAsync(replicas));

    [Theory]
    [InlineData("silo")]
    [InlineData("gateway")]
    public async Task A_service_that_names_a_member_needs_no_database(string member)
    {
        using var models = new ModelsFolder();
        models.Add("m", 1, TinyModels.Linear().ToBytes());
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
        {
            Models = models.Path, GatewayOptions = ["--client-port", "0"],
        });
        var port = await PostgreSqlServer.ReadAsync<int>(
            database.ConnectionString, $"SELECT client_port FROM krewe.member WHERE cluster_id = '{cluster.ClusterId}' AND client_port > 0 AND name LIKE '{member}-%' LIMIT 1");
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddKreweClient(options =>
        {
            options.Silos.Add($"localhost:{port}");
            options.ClusterId = cluster.ClusterId;
        });
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.Null(await CallAsync(host.Services.GetRequiredService<KreweClient>(), TestContext.Current.CancellationToken));

        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    private async Task<TimeSpan> KillAsync(int replicas)
    {
        using var models = new ModelsFolder();
        models.Add("m", 1, TinyModels.Linear().ToBytes(), $$"""{"replicas":{"min":{{replicas}},"max":{{replicas}} } }""");
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddKreweClient(options =>
        {
            options.UsePostgreSql(database.ConnectionString);
            options.ClusterId = cluster.ClusterId;
        });
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var krewe = host.Services.GetRequiredService<KreweClient>();

        var load = SteadyLoad.Start(Callers, _ => cancellationToken => CallAsync(krewe, cancellationToken));
        await load.WaitForAnswersAsync(1000);
        var places = await KilledSiloTests.FindAsync(cluster, "m", replicas);
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        cluster.Silos[places[^1]].Kill();
        await Task.Delay(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
        await load.WaitForAnswersAsync(1000);
        await load.StopAsync();
        await host.StopAsync(TestContext.Current.CancellationToken);

        Summary.Say($"A silo killed, a .NET service outside, {replicas} replicas, {Callers} callers: {load}");
        Assert.Empty(load.Failures);
        return load.LongestCall;
    }

    private static async Task<string?> CallAsync(KreweClient krewe, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await krewe.Model("m").InferAsync(
                [TensorOf.Values("x", [1, 4], 1f, 2f, 3f, 4f)], cancellationToken: cancellationToken);
            return answer["y"].AsSpan<float>().Length == 3 ? null : "the answer has another length";
        }
        catch (KreweException error)
        {
            return error.Message;
        }
    }
}
