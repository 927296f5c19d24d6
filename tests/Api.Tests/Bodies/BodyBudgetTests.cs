using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Api.Bodies;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Krewe.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Tests.Bodies;

/// <summary>The memory of all bodies together is bounded.</summary>
public sealed class BodyBudgetTests
{
    private const int Limit = 8 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bodies_that_are_held_open_are_refused_before_they_take_too_much(bool isCompressed)
    {
        await using var server = await ApiServer.StartAsync(
            new FakeModelHost().Add("m"), options => options.Limits.MaxBodyMemoryBytes = Limit);
        var body = isCompressed ? Gzip(new byte[3 << 20]) : new byte[3 << 20];
        var senders = new List<NetworkStream>();
        for (var sender = 0; sender < 50; sender++)
        {
            senders.Add(await server.ConnectAsync());
            await SendAsync(senders[^1], body, isCompressed);
        }

        // One more byte is missing: what still waits for it holds memory.
        while (!(await MetricsAsync(server)).Contains("krewe_http_bodies_refused_total 4", StringComparison.Ordinal))
        {
            await Task.Delay(10, Token);
        }

        Assert.InRange(await UsedAsync(server), 1, Limit);
        using (var small = await server.Client.PostAsync("/v2/repository/index", new StringContent("{}"), Token))
        {
            Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        }

        var answer = new byte[4096];
        var refused = Encoding.ASCII.GetString(answer, 0, await senders[^1].ReadAsync(answer, Token));
        Assert.StartsWith("HTTP/1.1 429 ", refused);
        Assert.Contains("Retry-After: 1", refused);
        Assert.Contains("the bodies of all requests together would take more than 8 MiB of memory", refused);
        senders.ForEach(static sender => sender.Dispose());
        while (await UsedAsync(server) > 0)
        {
            await Task.Delay(10, Token);
        }
    }

    [Fact]
    public void Memory_is_taken_before_it_is_allocated_and_given_back()
    {
        using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var budget = new BodyBudget(new ApiLimits { MaxBodyMemoryBytes = 100 }, meters.GetRequiredService<IMeterFactory>());
        budget.Take(60);
        Assert.Equal(KreweErrorCode.Overloaded, Assert.Throws<KreweException>(() => budget.Take(60)).Code);
        budget.Return(60);
        budget.Take(100);
    }

    private static async Task SendAsync(NetworkStream connection, byte[] body, bool isCompressed)
    {
        try
        {
            await connection.WriteAsync(
                Encoding.ASCII.GetBytes(
                    "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\n" + (isCompressed ? "Content-Encoding: gzip\r\n" : "")
                    + $"Content-Length: {body.Length + 1}\r\n\r\n"),
                Token);
            await connection.WriteAsync(body, Token);
        }
        catch (IOException)
        {
            // It was refused while it was sent.
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
            gzip.Flush();
        }

        // Without the end, so that more is waited for.
        return compressed.ToArray()[..^8];
    }

    private static async Task<long> UsedAsync(ApiServer server) => long.Parse(
        (await MetricsAsync(server)).Split('\n').Single(static line => line.StartsWith("krewe_http_body_bytes ", StringComparison.Ordinal)).Split(' ')[1],
        System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<string> MetricsAsync(ApiServer server)
    {
        using var text = new MemoryStream();
        await server.App.Services.GetRequiredService<PrometheusExporter>().WriteAsync(text, static _ => true, Token);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
