using System.Text;
using Krewe.Abstractions.Hosting;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Tests.Repository;

public sealed class ModelJsonTests
{
    [Fact]
    public void All_settings_are_read()
    {
        var manifest = Read(
            """
            {
              // what an operator wrote
              "$schema": "../schemas/model.schema.json",
              "maxBatchSize": 8, "maxQueueDelayMicroseconds": 1500, "maxQueueLength": 20,
              "versionPolicy": {"specific": [3, 1]},
              "executionProvider": "cuda", "executionProviderRequired": true,
              "idleTimeSeconds": 1.5, /* or 0 */
              "warmUp": {"rows": 2, "shapes": {"x": [1, 3, 224, 224], "n": []}},
              "threads": 2, "maxConcurrentRuns": 3, "replicas": {"min": 1, "max": 4},
            }
            """);

        Assert.Equal(8, manifest.MaxBatchSize);
        Assert.Equal(TimeSpan.FromMicroseconds(1500), manifest.MaxQueueDelay);
        Assert.Equal(20, manifest.MaxQueueLength);
        Assert.Equal(VersionPolicy.Specific(new(1), new(3)), manifest.VersionPolicy);
        Assert.Equal((ExecutionProvider.Cuda, true), (manifest.ExecutionProvider, manifest.ExecutionProviderRequired));
        Assert.Equal(TimeSpan.FromSeconds(1.5), manifest.IdleTime);
        Assert.Equal((true, 2), (manifest.WarmUp.Enabled, manifest.WarmUp.Rows));
        Assert.Equal([1, 3, 224, 224], manifest.WarmUp.Shapes["x"]);
        Assert.Empty(manifest.WarmUp.Shapes["n"]);
        Assert.Equal((2, 3, new ReplicaRange(1, 4)), (manifest.Threads, manifest.MaxConcurrentRuns, manifest.Replicas));
        Assert.Empty(manifest.Warnings);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\uFEFF{ }")]
    [InlineData("""{"executionProvider": "auto", "warmUp": true, "versionPolicy": "all"}""")]
    public void Absent_settings_are_the_defaults(string text)
    {
        Assert.Equal(ModelManifest.Default.ToSettingsText(), Read(text).ToSettingsText());
        Assert.Equal(VersionPolicy.All, Read(text).VersionPolicy);
    }

    [Fact]
    public void Short_forms_are_expanded()
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, Read("""{"idleTimeSeconds": 0}""").IdleTime);
        Assert.False(Read("""{"warmUp": false}""").WarmUp.Enabled);
        Assert.Equal(VersionPolicy.Latest(2), Read("""{"versionPolicy": {"latest": 2}}""").VersionPolicy);
        Assert.Equal(ExecutionProvider.TensorRt, Read("""{"executionProvider": "tensorrt"}""").ExecutionProvider);
        Assert.Equal(new ReplicaRange(3, 3), Read("""{"replicas": {"min": 3}}""").Replicas);
    }

    [Theory]
    [InlineData("""{"batchSize": 1}""", "there is no property 'batchSize'; known are $schema, maxBatchSize, ")]
    [InlineData("""{"warmUp": {"row": 1}}""", "there is no property 'warmUp.row'; known are rows, shapes")]
    [InlineData("""{"threads": 1, "threads": 2}""", "'threads' occurs twice")]
    [InlineData("""{"maxBatchSize": "8"}""", "'maxBatchSize' is \"8\": expected a whole number from 0 to 1000000")]
    [InlineData("""{"maxBatchSize": 1.5}""", "'maxBatchSize' is 1.5: expected a whole number")]
    [InlineData("""{"maxBatchSize": -1}""", "'maxBatchSize' is -1: expected a whole number from 0")]
    [InlineData("""{"maxBatchSize": null}""", "'maxBatchSize' is null: expected")]
    [InlineData("""{"maxQueueLength": 1e30}""", "'maxQueueLength' is 1e30: expected")]
    [InlineData("""{"executionProvider": "gpu"}""", "expected \"auto\", \"cpu\", \"cuda\" or \"tensorrt\"")]
    [InlineData("""{"executionProviderRequired": 1}""", "expected true or false")]
    [InlineData("""{"versionPolicy": "latest"}""", "'versionPolicy' is \"latest\": expected \"all\", {\"latest\": n}")]
    [InlineData("""{"versionPolicy": {}}""", "'versionPolicy' is an object: expected \"all\"")]
    [InlineData("""{"versionPolicy": {"latest": 0}}""", "'versionPolicy.latest' is 0: expected")]
    [InlineData("""{"versionPolicy": {"latest": 1, "specific": [1]}}""", "expected \"all\"")]
    [InlineData("""{"versionPolicy": {"specific": []}}""", "at least one")]
    [InlineData("""{"versionPolicy": {"specific": [0]}}""", "'versionPolicy.specific' is 0: expected")]
    [InlineData("""{"idleTimeSeconds": -1}""", "expected a number from 0")]
    [InlineData("""{"runTimeoutSeconds": -1}""", "expected a number from 0")]
    [InlineData("""{"runTimeoutSeconds": 86401}""", "to 86400")]
    [InlineData("""{"warmUp": "yes"}""", "expected true, false or {")]
    [InlineData("""{"warmUp": {"shapes": {"x": 3}}}""", "'warmUp.shapes.x' is 3: expected an array")]
    [InlineData("""{"warmUp": {"shapes": {"x": [-1]}}}""", "'warmUp.shapes.x' is -1: expected a whole number from 0")]
    [InlineData("""{"replicas": {"min": 3, "max": 2}}""", "expected min to be at most max")]
    [InlineData("[]", "the file is an array: expected an object")]
    [InlineData("", "line 1, column 1: ")]
    [InlineData("{\n  \"threads\": 1\n  \"x\": 2\n}", "line 3, column 3: ")]
    [InlineData("{\"a\u0001\": 1}", "line 1, column 4: ")]
    public void Errors_name_the_property_and_what_is_right(string text, string expected)
    {
        var message = Assert.Throws<ManifestException>(() => Read(text)).Message;
        Assert.StartsWith("model.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_an_error() =>
        Assert.Throws<ManifestException>(() => ModelJsonReader.Read(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}' }));

    [Fact]
    public void Names_that_are_no_unicode_are_an_error() =>
        Assert.Throws<ManifestException>(() => Read("""{"\uD800": 1}"""));

    private static ModelManifest Read(string text) => ManifestMerger.Merge(ModelJsonReader.Read(Encoding.UTF8.GetBytes(text)), null);
}
