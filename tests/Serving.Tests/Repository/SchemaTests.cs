using System.Text;
using System.Text.Json;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Tests.Repository;

/// <summary>Holds <c>schemas/model.schema.json</c> and the reader of <c>model.json</c> together.</summary>
public sealed class SchemaTests
{
    private static readonly JsonElement Properties = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "model.schema.json"))).RootElement.GetProperty("properties");

    public static TheoryData<string> Ranges => [.. Find(Properties, "").Select(range => range.Path)];

    [Fact]
    public void Schema_and_reader_know_the_same_properties() =>
        Assert.Equal(ModelJsonReader.KnownProperties.Order(), Properties.EnumerateObject().Select(property => property.Name).Order());

    [Fact]
    public void Every_property_is_described() =>
        Assert.All(Properties.EnumerateObject(), property => Assert.NotEmpty(property.Value.GetProperty("description").GetString()!));

    [Theory]
    [MemberData(nameof(Ranges))]
    public void The_reader_takes_what_the_schema_allows_and_no_more(string path)
    {
        var (_, minimum, maximum) = Find(Properties, "").Single(range => range.Path == path);
        Read(path, minimum);
        Read(path, maximum);
        Assert.Throws<ManifestException>(() => Read(path, minimum - 1));
        Assert.Throws<ManifestException>(() => Read(path, maximum + 1));
    }

    /// <summary>Every number that a setting may be, by its path.</summary>
    internal static IEnumerable<(string Path, long Minimum, long Maximum)> FindRanges() => Find(Properties, "");

    /// <summary>A file with one number in it.</summary>
    internal static string ToJson(string path, long value) =>
        path.Split('/').Reverse().Aggregate($"{value}", (inner, name) => Object($"\"{name}\": {inner}"));

    private static void Read(string path, long value) => ModelJsonReader.Read(Encoding.UTF8.GetBytes(ToJson(path, value)));

    private static string Object(string content) => "{" + content + "}";

    private static IEnumerable<(string Path, long Minimum, long Maximum)> Find(JsonElement properties, string prefix)
    {
        foreach (var property in properties.EnumerateObject())
        {
            var path = prefix + property.Name;
            if (property.Value.TryGetProperty("maximum", out var maximum))
            {
                yield return (path, property.Value.GetProperty("minimum").GetInt64(), maximum.GetInt64());
            }

            var variants = property.Value.TryGetProperty("oneOf", out var oneOf) ? oneOf.EnumerateArray().ToArray() : [property.Value];
            foreach (var variant in variants.Where(variant => variant.TryGetProperty("properties", out _)))
            {
                foreach (var range in Find(variant.GetProperty("properties"), path + "/"))
                {
                    yield return range;
                }
            }
        }
    }
}
