using System.Net;
using System.Text;
using Krewe.Silo.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Programs.Tests.Admin;

/// <summary>The gate between the two ports, on a real server whose every path answers 200.</summary>
public sealed class AdminGateTests
{
    private const string Password = "hush";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/dashboard", HttpStatusCode.OK, HttpStatusCode.NotFound)]
    [InlineData("/dashboard/index.css", HttpStatusCode.OK, HttpStatusCode.NotFound)]
    [InlineData("/DASHBOARD/", HttpStatusCode.OK, HttpStatusCode.NotFound)]
    [InlineData("/metrics", HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData("/v2/health/ready", HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData("/v2/models/m/infer", HttpStatusCode.NotFound, HttpStatusCode.OK)]
    [InlineData("/v2/repository/index", HttpStatusCode.NotFound, HttpStatusCode.OK)]
    [InlineData("/", HttpStatusCode.OK, HttpStatusCode.OK)]
    public async Task Each_port_has_its_paths(string path, HttpStatusCode forOperators, HttpStatusCode forCallers)
    {
        await using var server = await StartAsync(password: null);
        Assert.Equal(forOperators, (await GetAsync(server, 0, path)).StatusCode);
        Assert.Equal(forCallers, (await GetAsync(server, 1, path)).StatusCode);
    }

    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/metrics")]
    public async Task Operators_give_the_password_where_there_is_one(string path)
    {
        await using var server = await StartAsync(Password);
        using var refused = await GetAsync(server, 0, path);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.StartsWith("Basic realm=", refused.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(server, 0, path, "admin:wrong")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, 0, path, $"admin:{Password}")).StatusCode);
    }

    [Fact]
    public async Task Health_needs_no_password()
    {
        await using var server = await StartAsync(Password);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(server, 0, "/v2/health/live")).StatusCode);
    }

    private static async Task<WebApplication> StartAsync(string? password)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (password is not null)
        {
            builder.Services.AddSingleton(new AdminPassword(password));
        }

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, AdminConnection.MarkAll);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        app.UseMiddleware<AdminGate>();
        app.Run(static context => context.Response.WriteAsync("answered"));
        await app.StartAsync(Token);
        return app;
    }

    /// <summary>Asks at port 0, the operators', or 1, the API's.</summary>
    private static async Task<HttpResponseMessage> GetAsync(WebApplication server, int port, string path, string? credentials = null)
    {
        using var client = new HttpClient();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(port);
        using var request = new HttpRequestMessage(HttpMethod.Get, address + path);
        if (credentials is not null)
        {
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        return await client.SendAsync(request, Token);
    }
}
