using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Publishing;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Api.Settings;
using Krewe.Rollouts.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Api.Tests.Fakes;

/// <summary>
/// The API over a fake host as the programs set it up: with its own Kestrel settings, HTTP/2 without TLS, its log kept, on a port of
/// the system's choice; stopped by the test where it wants to see that.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private ApiServer(WebApplication app, FakeModelHost host, FakeLogCollector log)
    {
        (this.app, Host, Log) = (app, host, log);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public FakeModelHost Host { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public FakeLogCollector Log { get; }

    public WebApplication App => app;

    /// <summary>Starts it, as a cluster, with rollouts and with a repository to publish to, each where there is who does it.</summary>
    public static async Task<ApiServer> StartAsync(
        FakeModelHost host, Action<ApiOptions>? configure = null, IClusterControl? cluster = null, IRolloutControl? rollouts = null,
        IModelPublisher? publisher = null, Action<IServiceCollection>? services = null)
    {
        var log = new FakeLogCollector();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new FakeLoggerProvider(log));
        builder.Services.AddSingleton<IModelHost>(host);
        if (cluster is not null)
        {
            builder.Services.AddSingleton(cluster);
        }

        if (rollouts is not null)
        {
            builder.Services.AddSingleton(rollouts);
        }

        if (publisher is not null)
        {
            builder.Services.AddSingleton(publisher);
        }

        services?.Invoke(builder.Services);
        builder.Services.AddKreweApi(options =>
        {
            options.OwnsEveryPath = true;
            configure?.Invoke(options);
        });
        builder.WebHost.UseKreweKestrel(server => server.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttp()));
        var app = builder.Build();
        app.MapKrewe();
        await app.StartAsync(TestContext.Current.CancellationToken);

        // Kestrel warns that it would not take HTTP/2 without TLS; it is about to learn otherwise.
        log.Clear();
        return new ApiServer(app, host, log);
    }

    /// <summary>Stops the server and waits for it.</summary>
    public Task StopAsync() => app.StopAsync(CancellationToken.None);

    /// <summary>Opens a connection of one's own, for what no client sends.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port, TestContext.Current.CancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends bytes on a connection of its own and reads all that comes until the server closes it.</summary>
    public async Task<string> ExchangeAsync(string sent)
    {
        await using var connection = await ConnectAsync();
        await connection.WriteAsync(Encoding.Latin1.GetBytes(sent), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(connection, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until the server has closed a connection, politely or not.</summary>
    public static async Task WaitForCloseAsync(NetworkStream connection)
    {
        try
        {
            Assert.Equal(0, await connection.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // The listener was closed before it had taken the connection.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }
}
