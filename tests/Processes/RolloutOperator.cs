using System.Text;
using System.Text.Json;

namespace Krewe.Processes;

/// <summary>Publishes versions and rolls them out over HTTP, as with curl.</summary>
public sealed class RolloutOperator(Uri address) : IDisposable
{
    private static readonly string[] Ends = ["PROMOTED", "ROLLED_BACK", "ABORTED"];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = ProgramProcess.Timeout };

    /// <summary><c>curl -T file …/versions/N</c>.</summary>
    public Task PublishAsync(string model, int version, byte[] file) =>
        SendAsync(HttpMethod.Put, $"/v2/repository/models/{model}/versions/{version}", new ByteArrayContent(file));

    /// <summary>
    /// Rolls a version out with the default guards and has it kept warm for a moment under their eyes; then promotes it once more, which ends that.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="version">The version.</param>
    /// <param name="steps">The steps of the plan, as JSON.</param>
    /// <param name="seconds">The least time of a step, and how long the old version is kept warm.</param>
    public async Task<RolledOut> RollOutAsync(string model, int version, string steps, double seconds)
    {
        var path = $"/v2/models/{model}/rollout";
        await SendAsync(HttpMethod.Put, path, Json(FormattableString.Invariant(
            $$"""{"strategy":"canary","version":{{version}},"steps":{{steps}},"dwell_seconds":{{seconds}},"min_requests":60}""")));
        var rollout = await UntilAsync(path, static phase => phase == "KEEPING_WARM" || Ends.Contains(phase));
        if (rollout.GetProperty("phase").GetString() == "KEEPING_WARM")
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            if ((await SendAsync(HttpMethod.Get, path, null)).GetProperty("phase").GetString() == "KEEPING_WARM")
            {
                await SendAsync(HttpMethod.Patch, path, Json("""{"action":"promote"}"""));
            }

            rollout = await UntilAsync(path, Ends.Contains);
        }

        return RolledOut.Of(rollout);
    }

    /// <summary>Sends a request that must be answered well.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
        }

        using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return document.RootElement.Clone();
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<JsonElement> UntilAsync(string path, Func<string, bool> isIt)
    {
        for (; ; await Task.Delay(100))
        {
            if (await SendAsync(HttpMethod.Get, path, null) is var rollout && isIt(rollout.GetProperty("phase").GetString()!))
            {
                return rollout;
            }
        }
    }
}
