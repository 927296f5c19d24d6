using System.Net.Http.Headers;
using System.Text;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>Plain calls, with a body only where one is given and no header that was not asked for.</summary>
internal static class HttpCalls
{
    public static Task<Reply> GetReplyAsync(this HttpClient client, string path) => client.CallAsync("GET", path);

    /// <summary>Posts a text, as <c>application/json</c> unless told otherwise; null sends no Content-Type.</summary>
    public static Task<Reply> PostReplyAsync(this HttpClient client, string path, string? json = null, string? contentType = "application/json") =>
        client.CallAsync("POST", path, json is null ? null : Encoding.UTF8.GetBytes(json), ("Content-Type", contentType));

    public static async Task<Reply> CallAsync(
        this HttpClient client, string method, string path, byte[]? body = null, params (string Name, string? Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, value) in headers.Where(static header => header.Value is not null))
        {
            HttpHeaders target = name.StartsWith("Content-", StringComparison.Ordinal) && request.Content is { } content
                ? content.Headers
                : request.Headers;
            target.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            (int)response.StatusCode,
            response.Headers.Concat(response.Content.Headers)
                .ToDictionary(static header => header.Key, static header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
