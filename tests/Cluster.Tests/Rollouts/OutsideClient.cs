using Krewe.Client.Hosting;
using Krewe.Client.PostgreSql;
using Krewe.Grains.Interfaces.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>A service outside of a cluster, which may ask its grains.</summary>
internal sealed class OutsideClient(IHost host) : IAsyncDisposable
{
    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<OutsideClient> StartAsync(string database, TestCluster cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddKreweClient(options =>
        {
            options.UsePostgreSql(database);
            options.ClusterId = cluster.ClusterId;
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new OutsideClient(host);
    }

    /// <summary>The number of the silo where a model's grain lives; null where that cannot be said just now.</summary>
    public async Task<int?> FindHomeAsync(TestCluster cluster, string model)
    {
        try
        {
            var home = await Grains.GetGrain<IManagementGrain>(0).GetActivationAddress(Grains.GetGrain<IModelGrain>(model));
            var silos = (await cluster.DescribeAsync()).GetProperty("silos").EnumerateArray();
            var name = silos.FirstOrDefault(silo => silo.GetProperty("address").GetString() == home?.Endpoint.ToString());
            return name.ValueKind == System.Text.Json.JsonValueKind.Object
                ? int.Parse(name.GetProperty("name").GetString()!["silo-".Length..], System.Globalization.CultureInfo.InvariantCulture) - 1
                : null;
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or IOException or HttpRequestException)
        {
            // The silo that was asked has just been killed.
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
