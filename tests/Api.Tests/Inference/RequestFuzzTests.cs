using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Inference;

/// <summary>Whatever is done to a request, it is read or refused as invalid input; nothing else happens.</summary>
public sealed class RequestFuzzTests
{
    private const int Rounds = 30_000;

    private static readonly string[] Seeds =
    [
        """{"id":"a\u00e9\n","parameters":{"timeout":5000,"priority":1,"binary_data_output":true},"inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[[1.5,-2e3,0],[4,5.25,6]]}]}""",
        """{"inputs":[{"data":[1,-2,3],"shape":[3],"name":"y","datatype":"INT16"},{"name":"s","shape":[2],"datatype":"BYTES","data":["a\"\u0041","😀"]}],"outputs":[{"name":"z","parameters":{"binary_data":false}}]}""",
        """{"inputs":[{"name":"b","shape":[],"datatype":"BOOL","data":[true]},{"name":"d","shape":[1,2],"datatype":"FP64","data":[0.1,"NaN"]}],"x":{"y":[null,false,{}]}}""",
        """{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"t","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}}]}""",
    ];

    [Fact]
    public void Mutated_requests_are_read_or_refused()
    {
        var (random, read, refused) = (Replay.Random(), 0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            var seed = i % Seeds.Length;
            var json = Encoding.UTF8.GetBytes(Seeds[seed]);
            byte[] tail = seed == 3 ? [0, 0, 128, 63, 1, 2, 3, 4, 2, 0, 0, 0, 65, 66] : [];
            List<byte> bytes = [.. json, .. tail];
            var mutations = random.Next(4);
            for (var m = 0; m < mutations; m++)
            {
                Mutation.Apply(random, bytes);
            }

            int? length = seed == 3 ? random.Next(10) == 0 ? random.Next(bytes.Count + 9) : json.Length : null;
            try
            {
                using var request = Read.Infer(bytes.ToArray(), length).Request;
                foreach (var input in request.Inputs)
                {
                    Assert.True(TensorShape.TryCountElements(input.Shape.AsSpan(), out var count) && count == input.ElementCount);
                    Assert.Equal(input.Type == TensorType.Bytes ? CountBytes(input) : input.Data.Length / input.Type.ElementSize(), count);
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

    private static long CountBytes(Tensor tensor)
    {
        Assert.True(BytesElements.TryCount(tensor.Data.Span, out var count));
        return count;
    }
}
