using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Access.Hosting;
using Krewe.Access.Settings;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Rollouts.Control;
using Krewe.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Access.Tests.Setup;

/// <summary>The API over fake models as the programs set it up, with keys; several may share the silo that keeps them.</summary>
internal sealed class AccessServer : IAsyncDisposable
{
    public const string AdminKey = "an-admin-key-of-more-than-32-characters";
    private readonly WebApplication app;

    private AccessServer(WebApplication app, FakeModelHost host, FakeTimeProvider time)
    {
        (this.app, Host, Time) = (app, host, time);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public FakeModelHost Host { get; }

    public FakeTimeProvider Time { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Who made the last change of traffic.</summary>
    public string? LastAuthor => ((FakeRolloutControl)app.Services.GetRequiredService<IRolloutControl>()).Author?.Actor;

    public IEnumerable<RouteEndpoint> Endpoints =>
        app.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A silo that keeps keys in memory.</summary>
    public static Task<IHost> StartSiloAsync(InProcessSilos silos) => silos.StartAsync(
        "keys", static host => host.UseOrleans(static silo => silo.AddMemoryGrainStorage("krewe")));

    public static async Task<AccessServer> StartAsync(
        IHost silo, string? adminKeyFile, Action<WebApplication>? more = null, Action<AccessOptions>? configure = null)
    {
        var access = new AccessOptions { Keys = true, AdminKeyFile = adminKeyFile };
        configure?.Invoke(access);
        var (host, time) = (new FakeModelHost().Add("acme-a").Add("acme-b").Add("other-a"), new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(silo.Services.GetRequiredService<IGrainFactory>());
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IModelHost>(host);
        builder.Services.AddSingleton<IClusterControl>(new FakeClusterControl
        {
            Status = new ClusterStatus([], [new(Id("acme-a"), "why"), new(Id("other-a"), "why")]),
        });
        builder.Services.AddSingleton<IRolloutControl>(new FakeRolloutControl());
        builder.Services.AddSingleton<IModelPublisher>(new FakeModelPublisher());
        builder.Services.AddKreweApi(new ApiOptions { OwnsEveryPath = true, AllowedHosts = new HostList() });
        builder.Services.AddKreweAccess(access);
        builder.WebHost.UseKreweKestrel(static server => server.Listen(IPAddress.Loopback, 0, static endpoint => endpoint.UseHttp()));
        var app = builder.Build();
        app.MapKrewe().RequireRights(app.Services);
        app.UseKreweAccess();
        app.MapKreweAccess();
        app.Map("/dashboard/{**path}", static context => context.Response.WriteAsync("pages")).RequireRights(app.Services);
        more?.Invoke(app);
        await app.StartAsync(Token);
        return new AccessServer(app, host, time);
    }

    /// <summary>Sends a request with a key, or without for null.</summary>
    public async Task<(int Status, string Body, HttpResponseHeaders Headers)> SendAsync(
        string method, string path, string? key, string? body = null, string header = "Authorization")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation(header, header == "Authorization" && !key.Contains(' ') ? $"Bearer {key}" : key);
        }

        using var answer = await Client.SendAsync(request, Token);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Token), answer.Headers);
    }

    /// <summary>Calls a gRPC method with one message; its status.</summary>
    public async Task<int> CallAsync(string path, string? key, params byte[] message) =>
        int.Parse((await AnswerAsync(path, key, message)).Fields["grpc-status"], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Calls a gRPC method with messages; the fields before and after the answer, and what was answered.</summary>
    public async Task<(Dictionary<string, string> Fields, byte[] Body)> AnswerAsync(string path, string? key, params byte[][] messages)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([.. messages.SelectMany(static message => (byte[])[0, 0, 0, 0, (byte)message.Length, .. message])]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (key is not null)
        {
            var isToken = key.StartsWith("ey", StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(isToken ? "authorization" : "x-api-key", isToken ? $"Bearer {key}" : key);
        }

        using var answer = await Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadAsByteArrayAsync(Token);
        var fields = answer.Headers.Concat(answer.TrailingHeaders)
            .ToDictionary(static field => field.Key, static field => string.Join(',', field.Value), StringComparer.OrdinalIgnoreCase);
        return (fields, body);
    }

    /// <summary>Makes a key; the answer has the secret in <c>key</c>.</summary>
    public async Task<JsonObject> CreateAsync(string role, string models = "*", string? expires = null, string tenant = "acme", string by = AdminKey,
        params (string Name, JsonNode Value)[] limits)
    {
        var asked = new JsonObject { ["tenant"] = tenant, ["role"] = role, ["models"] = new JsonArray(models) };
        if (expires is not null)
        {
            asked["expires"] = expires;
        }

        foreach (var (name, value) in limits)
        {
            asked[name] = value;
        }

        var (status, body, _) = await SendAsync("POST", "/v2/keys", by, asked.ToJsonString());
        Assert.True(status == 201, body);
        return JsonNode.Parse(body)!.AsObject();
    }

    /// <summary>Makes a key; its secret.</summary>
    public async Task<string> CreateKeyAsync(string role, string models = "*", string? expires = null) =>
        (string)(await CreateAsync(role, models, expires))["key"]!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private static ModelId Id(string name) => new(ModelName.Parse(name), new ModelVersion(1));
}
