using Krewe.Onnx.Tiny;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Repository;

/// <summary>A folder in place of the model's file, as Triton has it for models of several files.</summary>
public sealed class TritonLayoutTests
{
    [Theory]
    [InlineData("model.onnx", null)]
    [InlineData("net.onnx", "default_model_filename: 'net.onnx'")]
    public async Task A_model_of_several_files_lies_in_a_folder_of_the_file_s_name(string name, string? settings)
    {
        await using var serving = new ServingFixture();
        TinyModels.Mlp(16, 32, 8).Save(Path.Combine(serving.PathOf("m", 1, name), "model.onnx"), externalData: true);
        if (settings is not null)
        {
            await File.WriteAllTextAsync(
                Path.Combine(serving.PathOf("m", 1, name), "..", "..", "config.pbtxt"), settings, TestContext.Current.CancellationToken);
        }

        await serving.StartAsync();
        using var response = await serving.InferAsync("m", Tensors.Random("x", 1, 2, 16));

        Assert.Equal([2, 8], response.Outputs.Single().Shape);
        Assert.NotEmpty(Directory.GetFiles(serving.PathOf("m", 1, name), "*.data"));
    }

    [Fact]
    public async Task It_is_also_found_while_the_server_runs()
    {
        await using var serving = new ServingFixture();
        Directory.CreateDirectory(serving.PathOf("m", 1, "."));
        await serving.StartAsync();
        TinyModels.Linear().Save(Path.Combine(serving.PathOf("m", 1), "model.onnx"));
        await ServingFixture.UntilAsync(() => serving.Get<ServedModels>().AllVersions.Any());

        using var response = await serving.InferAsync("m", Tensors.Floats("x", [1, 4], 1, 2, 3, 4));

        Assert.Equal([1, 3], response.Outputs.Single().Shape);
    }
}
