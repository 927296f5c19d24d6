using System.Text;
using System.Text.Json;

namespace Krewe.Conformance.Tests.Wire;

/// <summary>An answer as it came: status, headers, body.</summary>
internal sealed record Reply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body as JSON, which its content type must say it is.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.StartsWith("application/json", Headers["Content-Type"], StringComparison.Ordinal);
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Expects the one form that every error has; its text.</summary>
    public string Error(int status)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text}");
        var member = Assert.Single(Json.EnumerateObject());
        Assert.Equal("error", member.Name);
        Assert.NotEqual("", member.Value.GetString());
        return member.Value.GetString()!;
    }

    /// <summary>Expects 200; the body.</summary>
    public JsonElement Ok()
    {
        Assert.True(Status == 200, $"expected 200, got {Status}: {Text}");
        return Json;
    }
}
