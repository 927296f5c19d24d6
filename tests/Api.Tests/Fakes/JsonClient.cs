using System.Net;
using System.Text.Json;

namespace Krewe.Api.Tests.Fakes;

/// <summary>Calls a server and reads its JSON.</summary>
internal static class JsonClient
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<JsonElement> GetJsonAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    public static async Task<JsonElement> PostJsonAsync(this HttpClient client, string path, string body = "")
    {
        using var content = new StringContent(body);
        using var response = await client.PostAsync(path, content, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await ReadAsync(response);
    }

    /// <summary>Sends a request that must go well, with a header where one is given as <c>Name: value</c>.</summary>
    public static async Task<JsonElement> SendJsonAsync(this HttpClient client, HttpMethod method, string path, string? body = null, string? header = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        if (header?.Split(": ", 2) is [var name, var value])
        {
            request.Headers.Add(name, value);
        }

        using var response = await client.SendAsync(request, Token);
        var json = await ReadAsync(response);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode}: {json}");
        return json;
    }

    /// <summary>Sends a request that must fail: its error text, after a check of status, content type and form.</summary>
    public static async Task<string> FailAsync(this HttpClient client, HttpMethod method, string path, int status, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        using var response = await client.SendAsync(request, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status is >= 500 or 429, response.Headers.RetryAfter is not null);
        return await ReadErrorAsync(response);
    }

    public static async Task<string> ReadErrorAsync(HttpResponseMessage response)
    {
        var error = await ReadAsync(response);
        Assert.Equal("error", Assert.Single(error.EnumerateObject()).Name);
        return error.GetProperty("error").GetString()!;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        return document.RootElement.Clone();
    }
}
