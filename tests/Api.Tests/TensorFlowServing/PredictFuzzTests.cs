using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;
using Krewe.Api.TensorFlowServing;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.TensorFlowServing;

/// <summary>Whatever is done to a prediction request, it is read or refused as invalid input; nothing else happens.</summary>
public sealed class PredictFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Seeds =
    [
        """{"signature_name":"serving_default","instances":[{"a":[1.5,2],"b":"x"},{"b":{"b64":"AAEC"},"a":[-3,4e2]}]}""",
        """{"inputs":{"a":[[1,2],[3,4],[5,6]],"b":["p","q\u00e9\n",{"b64":"\/w=="}]},"more":[{}]}""",
    ];

    [Fact]
    public void Mutated_requests_are_read_or_refused()
    {
        TensorSpec[] specs = [new("a", TensorType.Float32, [-1, 2]), new("b", TensorType.Bytes, [-1])];
        var metadata = new ModelMetadata(new ModelId(ModelName.Parse("m"), new ModelVersion(1)), [], "", [.. specs], [.. specs]);
        var (random, read, refused) = (Replay.Random(), 0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            List<byte> bytes = [.. Encoding.UTF8.GetBytes(Seeds[i % Seeds.Length])];
            for (var m = random.Next(4); m > 0; m--)
            {
                Mutation.Apply(random, bytes);
            }

            try
            {
                foreach (var input in PredictRequestReader.Read(bytes.ToArray(), metadata, new ApiLimits(), out _))
                {
                    using var again = Tensor.Create(input.Name, input.Type, input.Shape, input.Data);
                    Assert.Equal(input.ElementCount, again.ElementCount);
                    input.Dispose();
                }

                read++;
            }
            catch (KreweException e)
            {
                Assert.Equal(KreweErrorCode.InvalidInput, e.Code);
                Assert.InRange(e.Message.Length, 10, 1000);
                refused++;
            }
        }

        // Both must really have happened.
        Assert.InRange(read, Rounds / 10, Rounds);
        Assert.InRange(refused, Rounds / 10, Rounds);
    }
}
