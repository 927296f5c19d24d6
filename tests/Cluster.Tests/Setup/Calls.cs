using System.Text;
using System.Text.Json;

namespace Krewe.Cluster.Tests.Setup;

/// <summary>The calls these tests make.</summary>
internal static class Calls
{
    /// <summary>The body for a model of 4 inputs.</summary>
    public static ReadOnlyMemory<byte> Linear { get; } =
        """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""u8.ToArray();

    /// <summary>The body for a model that looks up row 1 of its table.</summary>
    public static ReadOnlyMemory<byte> Big { get; } =
        """{"inputs":[{"name":"index","shape":[1],"datatype":"INT64","data":[1]}]}"""u8.ToArray();

    /// <summary>The body for a slow model of this width.</summary>
    public static ReadOnlyMemory<byte> Slow(int width) => Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"x","shape":[1,{{width}}],"datatype":"FP32","data":[{{string.Join(',', Enumerable.Repeat("0.5", width))}}]}]}""");

    public static string InferPath(string model) => $"/v2/models/{model}/infer";

    /// <summary>Posts a body; status and text of the answer.</summary>
    public static async Task<(int Status, string Text)> PostAsync(this HttpClient client, string path, ReadOnlyMemory<byte> body = default)
    {
        using var content = new ReadOnlyMemoryContent(body);
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Posts a body that must be answered with 200.</summary>
    public static async Task<JsonElement> PostOkAsync(this HttpClient client, string path, ReadOnlyMemory<byte> body = default)
    {
        var (status, text) = await client.PostAsync(path, body);
        Assert.True(status == 200, $"{path}: {status} {text}");
        using var document = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return document.RootElement.Clone();
    }

    /// <summary>Waits for a condition that events outside the test bring about.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? timeout = null)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (timeout ?? ProgramProcess.Timeout), $"not within {timeout ?? ProgramProcess.Timeout}: {what}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
